// A message centre on npm's `smpp`, for our tests: told what to do by JSON lines on stdin, tells what it sees on stdout.
//
//   {"do": "plan", "answers": ["ok", "throttled", "silence", {"status": 11}, "cut", {"late": 300}]}   the next submits
//   {"do": "receipt", "id": "..", "source": "..", "destination": "..", "stat": "DELIVRD", "how": "tlv" | "text"}
//   {"do": "text", "source": "..", "destination": "..", "words": "..", "parts": [..], "how": "udh" | "sar"}
//   {"do": "repeat"}  the last text again     {"do": "cut"}  drops every link     {"do": "refuse"}  binds, from now on
'use strict';
const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const options = process.argv[2] ? { key: fs.readFileSync(process.argv[3]), cert: fs.readFileSync(process.argv[2]) } : {};
const sessions = new Set();
const plan = [];
let refused = false;
let hex = false;
let count = 1000;
let last = null;
const tell = (seen) => process.stdout.write(JSON.stringify(seen) + '\n');

function answer(session, pdu, id) {
  const next = plan.length ? plan.shift() : 'ok';
  const shown = { saw: 'submit', id, answer: next, from: pdu.source_addr, to: pdu.destination_addr,
    ton: pdu.dest_addr_ton, coding: pdu.data_coding, wants_receipt: pdu.registered_delivery, words: '' };
  const message = pdu.short_message;
  shown.words = message.message;
  shown.header = message.udh ? Array.from(message.udh[0]) : null;
  tell(shown);
  if (next === 'silence') return;
  if (next === 'cut') { session.destroy(); return; }
  if (next.late) { setTimeout(() => session.send(pdu.response({ message_id: id })), next.late); return; }
  const status = next === 'throttled' ? 0x58 : next === 'full' ? 0x14 : next.status || 0;
  session.send(pdu.response(status ? { command_status: status } : { message_id: id }));
}

const server = smpp.createServer(options, (session) => {
  sessions.add(session);
  session.on('bind_transceiver', (pdu) => {
    const known = pdu.system_id === 'clinic' && pdu.password === 'a-long-password-of-the-tests';
    tell({ saw: 'bind', system_id: pdu.system_id, version: pdu.interface_version });
    session.send(pdu.response({ command_status: known && !refused ? 0 : 0x0e }));
  });
  session.on('submit_sm', (pdu) => { count += 1; answer(session, pdu, hex ? count.toString(16).toUpperCase() : String(count)); });
  session.on('enquire_link', (pdu) => { tell({ saw: 'enquire' }); session.send(pdu.response()); });
  session.on('unbind', (pdu) => { tell({ saw: 'unbind' }); session.send(pdu.response()); session.close(); });
  session.on('close', () => sessions.delete(session));
  session.on('error', () => sessions.delete(session));
});

function deliver(pdu) {
  last = pdu;
  for (const session of sessions) {
    session.deliver_sm(pdu, (response) => tell({ saw: 'acknowledged', status: response.command_status }));
    return;
  }
}

function receipt(order) {
  const pdu = { esm_class: 4, source_addr_ton: 1, source_addr_npi: 1, dest_addr_ton: 1, dest_addr_npi: 1,
    source_addr: order.source, destination_addr: order.destination };
  if (order.how === 'tlv') {
    deliver({ ...pdu, short_message: '', receipted_message_id: order.id, message_state: { DELIVRD: 2, UNDELIV: 5 }[order.stat] });
  } else {
    deliver({ ...pdu, short_message: `id:${order.id} sub:001 dlvrd:001 submit date:2603021700 done date:2603021701 stat:${order.stat} err:${order.error || '000'} text:Hello` });
  }
}

function text(order) {
  const coding = /[^\x00-\x7fñé]/.test(order.words || order.parts.join('')) ? 8 : 0;
  const pdu = { data_coding: coding, source_addr_ton: 1, source_addr_npi: 1, dest_addr_ton: 1, dest_addr_npi: 1,
    source_addr: order.source, destination_addr: order.destination };
  if (!order.parts) { deliver({ ...pdu, short_message: order.words }); return; }
  for (const number of order.order || order.parts.map((_, at) => at + 1)) {
    const words = order.parts[number - 1];
    if (order.how === 'sar') {
      deliver({ ...pdu, short_message: words, sar_msg_ref_num: order.reference, sar_total_segments: order.parts.length, sar_segment_seqnum: number });
    } else {
      const udh = Buffer.from([5, 0, 3, order.reference, order.parts.length, number]);
      deliver({ ...pdu, esm_class: 0x40, short_message: { udh, message: words } });
    }
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  if (order.do === 'plan') plan.push(...order.answers);
  if (order.do === 'receipt') receipt(order);
  if (order.do === 'text') text(order);
  if (order.do === 'repeat') deliver(last);
  if (order.do === 'cut') sessions.forEach((session) => session.destroy());
  if (order.do === 'refuse') refused = true;
  if (order.do === 'hex') hex = true;
  if (['plan', 'refuse', 'hex'].includes(order.do)) tell({ saw: 'told' });
}).on('close', () => process.exit(0));

server.listen(0, '127.0.0.1', () => tell({ saw: 'listening', port: server.address().port }));
