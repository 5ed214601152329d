module.exports = {
  roots: ['tests/jest'],
  setupFilesAfterEnv: [process.env.MINIBRIDGE_JEST_SETUP],
};
