// The broadcast as a BullMQ worker: `node send.mjs PEOPLE.CSV`, with Redis at REDIS_PORT, the API's address in
// SENDWO_BASE_URL and its token in SENDWO_API_TOKEN. Run again, it goes on with what Redis holds.

import { createReadStream } from 'node:fs';
import { Queue, Worker } from 'bullmq';
import { parse } from 'csv-parse';
import { Agent, request } from 'undici';

const BATCH = 100;
const IN_FLIGHT = 64;

const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) };
const url = `${process.env.SENDWO_BASE_URL}/whatsapp/send-text-message`;
const apiToken = process.env.SENDWO_API_TOKEN;

// `request` takes half of the CPU that Node's own `fetch` takes.
const headers = { 'content-type': 'application/x-www-form-urlencoded' };
const dispatcher = new Agent({ connections: IN_FLIGHT });

const queue = new Queue('broadcast', { connection });

// The id keeps a second start from adding anybody twice; so completed jobs stay. It must not be a number.
const job = (person) => {
  const to = person.Phone.replace(/^\+/, '');
  const message = `Hi ${person['First Name']}, your order ${person.Order} from ${person.City} is on its way.`;
  return { name: 'message', data: { to, message }, opts: { jobId: `to-${to}` } };
};

let batch = [];
for await (const person of createReadStream(process.argv[2]).pipe(parse({ columns: true }))) {
  if (batch.push(job(person)) === BATCH) {
    await queue.addBulk(batch);
    batch = [];
  }
}
await queue.addBulk(batch);

async function send({ data: { to, message } }) {
  const body = new URLSearchParams({ apiToken, phoneNumberId: 'PHONE_NUMBER_ID', to, message }).toString();
  const answer = await request(url, { method: 'POST', headers, body, dispatcher });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
}

// A job that stalled with a process that died is active until it is queued again.
let left = await queue.getJobCountByTypes('waiting', 'active', 'delayed');
if (left > 0) {
  const worker = new Worker(queue.name, send, { connection, concurrency: IN_FLIGHT });
  await new Promise((resolve) => {
    const settled = () => --left === 0 && resolve();
    worker.on('completed', settled);
    worker.on('failed', settled);
    worker.on('error', (error) => console.error(error));
  });
  await worker.close();
}
await queue.close();
