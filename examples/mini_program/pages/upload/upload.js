const host = require('../../utils/host');
const { upload } = require('../../utils/uploader');

Page({
  data: { state: 'empty', path: '', progress: 0, attempts: 0, error: '' },

  onChoose() {
    return new Promise((resolve) => {
      host.chooseImage({
        count: 1,
        success: (res) => {
          const paths = res.tempFilePaths || res.apFilePaths;
          this.setData({ state: 'chosen', path: paths[0], error: '' });
        },
        complete: resolve,
      });
    });
  },

  async onUpload() {
    const { server, user } = getApp().globalData;
    this.setData({ state: 'uploading', progress: 0, error: '' });
    try {
      const done = await upload(`${server}/avatar`, this.data.path, { user }, (progress) => {
        this.setData({ progress });
      });
      this.setData({ state: 'done', attempts: done.attempts });
    } catch (error) {
      this.setData({ state: 'failed', error: error.message || error.errMsg || error.errorMessage });
    }
  },
});
