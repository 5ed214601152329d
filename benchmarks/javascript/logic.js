// A mini-program that does nothing but call its host.
'use strict';

const { loops } = require('./loops.js');

module.exports = loops(
  (complete) => wx.setStorage({ key: 'k', data: 'v', complete }),
  () => wx.getStorageSync('k'),
);
