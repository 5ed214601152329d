// Node's fetch with a form of a file, in a process of its own: node fetch.mjs JOB
//
// Prints {"seconds", "cpu", "grown"} of the measured uploads, as the clients in Python do.
import { openAsBlob, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const job = JSON.parse(process.argv[2]);

async function upload(path) {
  const form = new FormData();
  form.append("file", await openAsBlob(path, { type: "application/octet-stream" }), "a.bin");
  const response = await fetch(`${job.url}/upload`, { method: "POST", body: form });
  await response.text();
  if (response.status !== 200) throw new Error(`an upload came to ${response.status}`);
}

async function all(path, count) {
  let left = count;
  const slot = async () => {
    while (left-- > 0) await upload(path);
  };
  await Promise.all(Array.from({ length: job.parallel }, slot));
}

function memory(name) {
  const [, kib] = readFileSync("/proc/self/status", "ascii").match(new RegExp(`${name}:\\s+(\\d+)`));
  return Number(kib) * 1024;
}

await all(job.warm, job.parallel);
writeFileSync("/proc/self/clear_refs", "5");
const held = memory("VmRSS");
const before = process.cpuUsage();
const start = performance.now();
await all(job.file, job.count);
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);
const cpu = (user + system) / 1e6;
console.log(JSON.stringify({ seconds, cpu, grown: memory("VmHWM") - held }));
process.exit(0);
