// What a phone does with `App` and `Page`, as far as these tests need it.
globalThis.App = (app) => {
  globalThis.getApp = () => app;
  app.onLaunch();
};
globalThis.Page = (config) => {
  globalThis.lastPage = config;
};
require('../app.js');
require('../pages/upload/upload.js');
const config = globalThis.lastPage;

module.exports = function openPage() {
  const setData = (values) => Object.assign(page.data, values);
  const page = { ...config, data: { ...config.data }, setData };
  return page;
};
