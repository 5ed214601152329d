// The logic under test.
'use strict';

exports.upload = (filePath, user) =>
  new Promise((resolve, reject) => {
    const order = [];
    let answer;
    wx.uploadFile({
      url: 'https://api.example.com/avatar',
      filePath,
      name: 'avatar',
      formData: { user },
      success(result) {
        order.push('success');
        answer = result;
      },
      fail: reject,
      complete() {
        order.push('complete');
        if (answer) resolve({ ...answer, order });
      },
    });
  });
