// The sample of Feishu's page as it stands; it leaves open where `filePath` comes from.
//
// Run: minibridge run examples/js/seed_004_feishu.js --on tt:feishu --route https://www.bytedance.com

function upload(filePath) { // added
  const uploadTask = tt.uploadFile({
    // 替换为需要上传的url
    "url": "https://www.bytedance.com/",
    "filePath": filePath,
    "name": "test.jpeg",
    "formData": {
      "param1": "value1",
      "param2": "value2"
    },
    success (res) {
	  // upload Start
      console.log(res)
    },
    fail (res) {
	  // uploadFile Failed
      console.log(res)
    }
  })
}

tt.chooseImage({ success: (res) => upload(res.tempFilePaths[0]) }) // added
