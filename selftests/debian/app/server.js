// SPDX-License-Identifier: GPL-2.0-only
// A web application on Node.js: code that gets hot, a thread, a child process of its own.
const { Worker, isMainThread, parentPort } = require('worker_threads');
const { fork } = require('child_process');
const crypto = require('crypto');
const http = require('http');

function work(rounds) {
	let sum = 0;

	for (let i = 0; i < rounds; i++)
		sum = (sum * 31 + i) % 1000003;
	return sum;
}

if (!isMainThread) {
	parentPort.postMessage(work(200000));
} else if (process.send) {
	process.send(crypto.createHash('sha256').update('').digest('hex').slice(0, 8));
	process.disconnect();
} else {
	const routes = {
		'/page': answer => answer('it is served'),
		'/hot': answer => answer(work(200000)),
		'/thread': answer => new Worker(__filename).on('message', answer),
		'/child': answer => fork(__filename).on('message', answer),
	};
	const server = http.createServer((request, response) =>
		routes[request.url](text => response.end(`${text}\n`)));

	server.listen(8003);
	process.on('SIGTERM', () => process.exit(0));
}
