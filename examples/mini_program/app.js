App({
  globalData: { server: 'https://api.example.com', user: 'guest' },

  onLaunch() {
    this.globalData.user = '张三';
  },
});
