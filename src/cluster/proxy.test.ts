import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyFromEnv } from './proxy.ts'

const proxy = 'http://proxy:3128'
const goes = (server: string, noProxy?: string) =>
  proxyFromEnv(new URL(server), { HTTPS_PROXY: proxy, ...(noProxy && { NO_PROXY: noProxy }) })

test('which variable counts', () => {
  const https = new URL('https://api.test')
  assert.equal(proxyFromEnv(https, {}), undefined)
  assert.equal(proxyFromEnv(https, { HTTPS_PROXY: 'a:1', https_proxy: 'b:1' }), 'http://a:1')
  assert.equal(proxyFromEnv(https, { HTTPS_PROXY: '', https_proxy: 'https://b:1' }), 'https://b:1')
  assert.equal(proxyFromEnv(https, { HTTP_PROXY: 'a:1' }), undefined)
  assert.equal(proxyFromEnv(new URL('http://api.test'), { HTTP_PROXY: 'a:1', HTTPS_PROXY: 'b:1' }), 'http://a:1')
  assert.equal(proxyFromEnv(https, { https_proxy: 'b:1', no_proxy: 'api.test' }), undefined)
})

test('what NO_PROXY exempts', () => {
  const exempt: [server: string, noProxy: string][] = [
    ['https://api.test', '*'],
    ['https://api.test', 'other.test, API.test'],
    ['https://api.test:6443', 'api.test'],
    ['https://api.test:6443', 'api.test:6443'],
    ['https://api.test', 'api.test:443'],
    ['https://one.api.test', 'api.test'],
    ['https://one.api.test', '.api.test'],
    ['https://one.api.test', '*.api.test'],
    ['https://10.96.0.1', '10.96.0.1'],
    ['https://10.96.0.1', '10.0.0.0/8'],
    ['https://[fd00::1]:6443', 'fd00::/8'],
    ['https://[fd00::1]:6443', 'fd00::1'],
    ['https://[fd00::1]:6443', '[fd00::1]:6443'],
  ]
  for (const [server, noProxy] of exempt) assert.equal(goes(server, noProxy), undefined, `${server} ${noProxy}`)
})

test('what NO_PROXY does not exempt', () => {
  const proxied: [server: string, noProxy: string][] = [
    ['https://api.test', ''],
    ['https://api.test', 'other.test,,'],
    ['https://api.test', '.api.test'],
    ['https://api.test', '*.api.test'],
    ['https://myapi.test', 'api.test'],
    ['https://api.test:6443', 'api.test:443'],
    ['https://10.96.0.1', '10.96.0.0/32'],
    ['https://110.96.0.1', '10.96.0.1'],
    ['https://10.96.0.1', '10.0.0.0/nonsense'],
    ['https://10.96.0.1', '10.0.0.0/99'],
    ['https://10.96.0.1', 'fd00::/8'],
    ['https://api.test', '10.0.0.0/8'],
  ]
  for (const [server, noProxy] of proxied) assert.equal(goes(server, noProxy), proxy, `${server} ${noProxy}`)
})

test('this machine is never behind a proxy', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) assert.equal(goes(`https://${host}:6443`), undefined, host)
})
