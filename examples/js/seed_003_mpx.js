// The sample of mpx's page as it stands; one line, marked below, shows what came back.
//
// Run: minibridge run examples/js/seed_003_mpx.js --on mpx/wx,mpx/my --route https://example.weixin.qq.com

mpx.chooseImage({
  success (res) {
    const tempFilePaths = res.tempFilePaths
    mpx.uploadFile({
      url: 'https://example.weixin.qq.com/upload', //仅为示例，非真实的接口地址
      filePath: tempFilePaths[0],
      name: 'file',
      formData: {
        'user': 'test'
      },
      success (res){
        const data = res.data
        //do something
        console.log(data) // added
      }
    })
  }
})
