const setupFiles = process.env.MINIBRIDGE_JEST_SETUP ? [] : ['./mocks.js'];

export default { test: { globals: true, setupFiles } };
