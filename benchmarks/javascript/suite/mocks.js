// What one writes by hand in the emulator's place: it answers what its author believes.
const sizes = new Map();
let reply;
let uploads = [];

function fileParts({ name, filePath, formData }) {
  const fields = Object.entries(formData).map(([field, text]) => ({ name: field, text }));
  return [...fields, { name, size: sizes.get(filePath) }];
}

globalThis.wx = {
  uploadFile(options) {
    setTimeout(() => {
      uploads.push({ parts: fileParts(options) });
      const result = { statusCode: reply.status, data: JSON.stringify(reply.body), errMsg: 'uploadFile:ok' };
      options.success(result);
      options.complete(result);
    });
  },
};

globalThis.mocks = {
  files: {
    add(name, data) {
      sizes.set(`wxfile://tmp_${name}`, data.length);
      return `wxfile://tmp_${name}`;
    },
  },
  server: {
    reply(next) {
      reply = next;
    },
  },
  reset() {
    uploads = [];
  },
  uploads: () => uploads,
};
