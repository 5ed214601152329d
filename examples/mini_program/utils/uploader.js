// Uploads a file, and tries again when the network fails: phones lose it all the time.
const host = require('./host');

const ATTEMPTS = 3;
const PAUSE_MS = 20;

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// One attempt; resolves to the answer of the server, rejects with what the host says.
function attempt(url, filePath, formData, onProgress) {
  return new Promise((resolve, reject) => {
    const task = host.uploadFile({
      url,
      filePath,
      formData,
      name: 'file',
      fileType: 'image', // Alipay requires it; the others ignore it
      success: resolve,
      fail: reject,
    });
    // Alipay's simulator hands back no task.
    if (task && task.onProgressUpdate) task.onProgressUpdate((res) => onProgress(res.progress));
  });
}

async function upload(url, filePath, formData, onProgress = () => {}) {
  for (let count = 1; ; count += 1) {
    try {
      const res = await attempt(url, filePath, formData, onProgress);
      // Any answer is a success to the host, and Alipay's simulator spells its status as a string.
      const status = Number(res.statusCode);
      if (status >= 400) throw new Error(`the server answered ${status}`);
      return { attempts: count, data: JSON.parse(res.data) };
    } catch (error) {
      if (error instanceof Error || count === ATTEMPTS) throw error;
      await wait(PAUSE_MS * count);
    }
  }
}

module.exports = { upload };
