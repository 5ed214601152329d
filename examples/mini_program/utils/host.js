// The host's own global, under one name.
/* global wx, my, tt */
const host = typeof wx !== 'undefined' ? wx : typeof my !== 'undefined' ? my : tt;

module.exports = host;
