'use strict';

const { run } = require('../../probe.js');
const job = require('../../scenes.js');

Page({
  data: { to: job.to, count: job.scenes.length, state: '', busy: false },

  onLoad() {
    if (job.to) this.start();
  },

  typed(event) {
    this.setData({ to: event.detail.value });
  },

  start() {
    if (this.data.busy) return undefined;
    const tell = (state) => this.setData({ state });
    const ended = (state) => this.setData({ state, busy: false });
    this.setData({ busy: true });
    const host = { main: $namespace, globals: { $namespace } };
    return run(job, host, this.data.to, tell).then(
      () => ended(this.data.state),
      (error) => ended(String(error.message)),
    );
  },
});
