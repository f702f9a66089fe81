// server.mjs: one voltd on free loopback ports, with plain and TLS doors, and its REST API.
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import http from 'node:http';
import { createInterface } from 'node:readline';

const READY_MS = 20000;

function cleanEnv() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VOLTD')));
}

export class Server {
  // Without its TLS door when it cannot have one: then the cases over wss fail, not all of them.
  static async start(voltd) {
    try {
      return await Server.startWith(voltd, true);
    } catch (error) {
      console.log(`# no TLS: ${error.message}`);
      return Server.startWith(voltd, false);
    }
  }

  static async startWith(voltd, secure) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), 'voltd-clients-'));
    server.data = join(server.folder, 'data');
    const [certificate, key] = [join(server.folder, 'server.pem'), join(server.folder, 'server.key')];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', certificate, '-keyout', key], { stdio: 'ignore' });
    const sets = ['http.listen=127.0.0.1:0', 'ocpp.listen=127.0.0.1:0',
      ...(secure ? ['ocpp.tls_listen=127.0.0.1:0', `ocpp.cert=${certificate}`, `ocpp.key=${key}`] : [])];
    server.process = spawn(voltd, ['serve', '--data', server.data, ...sets.flatMap((s) => ['--set', s])],
      { env: cleanEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
    server.log = '';
    server.process.stderr.on('data', (part) => { server.log += part; });
    server.ended = new Promise((done) => server.process.on('exit', (code) => done(code)));
    server.doors = await server.readyLine();
    const made = spawnSync(voltd, ['key', 'create', '--role', 'admin', '--data', server.data], { env: cleanEnv(), encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`key create: ${made.stderr}`);
    server.key = made.stdout.trim().split('\n').at(-1);
    return server;
  }

  readyLine() {
    return new Promise((done, failed) => {
      const late = setTimeout(() => failed(new Error(`no ready line; stderr: ${this.log.slice(-600)}`)), READY_MS);
      this.ended.then((code) => failed(new Error(`ended with ${code} before it was ready: ${this.log.slice(-600)}`)));
      createInterface({ input: this.process.stdout }).once('line', (line) => {
        clearTimeout(late);
        if (!line.startsWith('ready ')) failed(new Error(`first line: ${line}`));
        done(Object.fromEntries(line.split(' ').slice(1).map((word) => word.split(/=(.*)/s).slice(0, 2))));
      });
    });
  }

  // The door for profile 2 is the one that is neither http nor ocpp.
  get tlsDoor() {
    const name = Object.keys(this.doors).find((n) => !['http', 'https', 'ocpp'].includes(n));
    if (!name) throw new Error('the server has no TLS door');
    return this.doors[name];
  }

  rest(method, path, body) {
    return new Promise((done, failed) => {
      const [host, port] = this.doors.http.split(/:(?=\d+$)/);
      const request = http.request({ host, port, method, path: `/api/v1/${path}`,
        headers: { authorization: `Bearer ${this.key}`, ...(body ? { 'content-type': 'application/json' } : {}) } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
          if (response.statusCode >= 300) failed(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
          else done(text ? JSON.parse(text) : null);
        });
      });
      request.on('error', failed);
      request.end(body ? JSON.stringify(body) : undefined);
    });
  }

  async stop() {
    this.process.kill('SIGTERM');
    const code = await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}
