// The sample of lwu-upload's page: only its TypeScript types are left out.
//
// Run: minibridge run examples/js/seed_000_uploader.js --on uploader/wx --route https://www.example.com

uni.chooseImage({
    success: (chooseImageRes) => {
        const tempFilePaths = chooseImageRes.tempFilePaths;
        const uploadTask = uploader.upload({
            url: '/upload', // 仅为示例，非真实的接口地址
            domain: 'https://www.example.com', // 仅为示例，非真实的服务器域名
            filePath: tempFilePaths[0],
            name: 'file',
            formData: {
				'user': 'test'
			},
            success: (uploadFileRes) => {
				console.log(uploadFileRes.data);
			}
        });

        uploadTask.onProgressUpdate((res) => {
			console.log('上传进度' + res.progress);
			console.log('已经上传的数据长度' + res.totalBytesSent);
			console.log('预期需要上传的数据总长度' + res.totalBytesExpectedToSend);

			// 测试条件，取消上传任务。
			if (res.progress > 50) {
				uploadTask.abort();
			}
		});
    }
});
