module.exports = { setupFilesAfterEnv: [process.env.MINIBRIDGE_JEST_SETUP || './mocks.js'] };
