// SPDX-License-Identifier: PostgreSQL
// What a Node program does with node-pg, told line by line: the lines must not
// depend on what stands between it and PostgreSQL.
//
// usage: node driver.js HOST PORT DATABASE USER PASSWORD TABLE
'use strict';

const { Client, Pool } = require('pg');
const Cursor = require('pg-cursor');

const [host, port, database, user, password, table] = process.argv.slice(2);
const config = { host, port: Number(port), database, user, password };

const say = (...what) => console.log(...what.map((w) => (typeof w === 'string' ? w : JSON.stringify(w))));

async function failure(promise) {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return `${error.severity} ${error.code} ${error.message}`;
  }
}

async function values(client) {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const { rows } = await client.query(
    'select $1::int a, $2::text b, $3::float8 c, $4::numeric d, $5::text e, $6::bytea f, $7::int[] g, $8::timestamptz h',
    [1, "naïve 'quoted'", 0.1, '12345678901234567890.123456789', null, all, [1, null, 3], '2026-01-02T03:04:05Z']);
  const row = rows[0];
  say('values', { ...row, f: row.f.equals(all) });
  const binary = await client.query({
    text: "select 7::int4 a, 1234567890123::int8 b, 2.5::float8 c, true d, 'binary'::text e",
    binary: true,
  });
  say('binary', binary.rows[0]);
  const several = await client.query("select 1 a; select 'second' b");
  say('several', several.map((r) => r.rows));
}

async function prepared(client) {
  for (let i = 0; i < 30; i++) {
    const { rows } = await client.query({
      name: 'twice', text: 'select $1::int * 2 as twice', values: [i] });
    if (rows[0].twice !== i * 2) {
      say('wrong', i, rows);
    }
  }
  say('prepared', await failure(client.query({ name: 'bad', text: 'select nonsense', values: [] })));
  say('prepared', await failure(client.query({ name: 'zero', text: 'select 1 / $1::int', values: [0] })));
  const { rows } = await client.query({ name: 'zero', text: 'select 1 / $1::int', values: [1] });
  say('prepared', rows);
}

async function many(client) {
  await client.query(`drop table if exists ${table}`);
  await client.query(`create table ${table} (id int primary key, name text)`);
  // Not awaited one by one: node-pg has them queued.
  await Promise.all(Array.from({ length: 500 }, (_, i) =>
    client.query({ name: 'add', text: `insert into ${table} values ($1, $2)`, values: [i, `name ${i}`] })));
  say('many', (await client.query(`select count(*), min(name), max(name) from ${table}`)).rows);
}

async function transactions(client) {
  await client.query('begin');
  say('deleted', (await client.query(`delete from ${table}`)).rowCount);
  await client.query('rollback');
  await client.query('begin');
  await client.query('savepoint s');
  say('error', await failure(client.query(`insert into ${table} values (1, 'twice')`)));
  say('error', await failure(client.query('select 1')));
  await client.query('rollback to savepoint s');
  say('count', (await client.query(`select count(*) from ${table}`)).rows);
  await client.query('commit');
}

async function big(client) {
  const { rows } = await client.query("select i, repeat('x', 100) t from generate_series(1, 100000) i");
  say('big', rows.length, rows.reduce((sum, row) => sum + row.t.length, 0));
  const { rows: [{ t }] } = await client.query('select $1::text t', ['y'.repeat(5000000)]);
  say('bigger', t.length);
  await client.query('begin');
  const cursor = client.query(new Cursor('select i from generate_series(1, $1::int) i', [20000]));
  let sum = 0;
  for (let part = await cursor.read(777); part.length > 0; part = await cursor.read(777)) {
    sum += part.reduce((total, row) => total + row.i, 0);
  }
  await cursor.close();
  await client.query('commit');
  say('cursor', sum);
}

// A request that came before the statement would cancel nothing, or what comes behind it.
async function running(text) {
  const watcher = new Client(config);
  await watcher.connect();
  const seen = async () => (await watcher.query(
    "select from pg_stat_activity where state = 'active' and query = $1", [text])).rowCount > 0;
  while (!await seen()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await watcher.end();
}

async function cancel(client) {
  const query = client.query(new (require('pg').Query)('select pg_sleep(30)'));
  const ended = new Promise((resolve) => {
    query.on('error', (error) => resolve(`${error.code} ${error.message}`));
    query.on('end', () => resolve('no error'));
  });
  await running('select pg_sleep(30)');
  new Client(config).cancel(client, query);
  say('cancelled', await ended);
  say('alive', (await client.query('select 1 as a')).rows);
}

async function notices(client) {
  const seen = [];
  client.on('notice', (notice) => seen.push(`${notice.severity}: ${notice.message}`));
  await client.query("do $$ begin raise notice 'one'; raise warning 'two'; end $$");
  say('notices', seen);
}

// More clients than there may be servers, each with the same names for other statements.
async function crowd() {
  const pool = new Pool({ ...config, max: 12 });
  let right = 0;
  await Promise.all(Array.from({ length: 600 }, async (_, i) => {
    const { rows } = await pool.query({
      name: `s${i % 7}`, text: `select $1::int + ${i % 7} as sum`, values: [i] });
    right += rows[0].sum === i + (i % 7) ? 1 : 0;
  }));
  await pool.end();
  say('crowd', right);
}

async function main() {
  const client = new Client(config);
  await client.connect();
  for (const part of [values, prepared, many, transactions, big, cancel, notices]) {
    await part(client);
  }
  await client.query(`drop table ${table}`);
  await client.end();
  await crowd();
  say('done');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
