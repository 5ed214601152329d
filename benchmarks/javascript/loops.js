// The calls that are measured, the same for the emulator and for the prototype.
//   later  (callback) -> undefined; the callback is called when the answer has come
//   now    () -> the answer
'use strict';

const WINDOW = 64;

exports.loops = (later, now) => ({
  async sequential(count) {
    for (let i = 0; i < count; i += 1) await new Promise((done) => later(done));
  },

  windowed: (count) =>
    new Promise((done) => {
      let begun = 0;
      let ended = 0;
      const begin = () => {
        begun += 1;
        later(() => {
          ended += 1;
          if (ended === count) done();
          else if (begun < count) begin();
        });
      };
      for (let i = 0; i < Math.min(WINDOW, count); i += 1) begin();
    }),

  synchronous(count) {
    for (let i = 0; i < count; i += 1) now();
  },
});
