import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@vigil/runtime'
import { testAuthority } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettings } from '../settings.ts'
import { readSettingFiles } from './setting-files.ts'

let folder: string

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'vigil-files-'))
	const authority = await testAuthority()
	const [own, other] = [await authority.issue(['localhost']), await authority.issue(['localhost'])]
	const files = {
		'own.pem': own.cert,
		'own.key': own.key,
		'other.key': other.key,
		'ca.pem': authority.cert,
		rubbish: 'rubbish',
	}
	for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
})

afterEach(() => rm(folder, { recursive: true }))

function read(names: Readonly<Record<string, string>>) {
	const paths = Object.entries(names).map(([setting, name]) => [setting, join(folder, name)])
	return readSettingFiles(readSettings(Object.fromEntries(paths)))
}

describe('files that settings name', () => {
	it('are read', async () => {
		const files = await read({
			VIGIL_TLS_CERTIFICATE: 'own.pem',
			VIGIL_TLS_KEY: 'own.key',
			VIGIL_UPSTREAM_CA: 'ca.pem',
		})
		expect(files.tls?.cert).toContain('BEGIN CERTIFICATE')
		expect(files.tls?.key).toContain('PRIVATE KEY')
		expect(files.upstreamCa).toContain('BEGIN CERTIFICATE')
	})

	it('need not be', async () => {
		expect(await read({})).toEqual({})
	})

	it.each([
		[{ VIGIL_TLS_CERTIFICATE: 'none', VIGIL_TLS_KEY: 'own.key' }, /^VIGIL_TLS_CERTIFICATE: \S+none does not exist$/],
		[{ VIGIL_TLS_CERTIFICATE: 'rubbish', VIGIL_TLS_KEY: 'own.key' }, /holds no certificate in PEM form$/],
		[{ VIGIL_TLS_CERTIFICATE: 'own.pem', VIGIL_TLS_KEY: 'none' }, /^VIGIL_TLS_KEY: \S+none does not exist$/],
		[{ VIGIL_TLS_CERTIFICATE: 'own.pem', VIGIL_TLS_KEY: 'rubbish' }, /^VIGIL_TLS_KEY: \S+ holds no private key/],
		[{ VIGIL_TLS_CERTIFICATE: 'own.pem', VIGIL_TLS_KEY: 'other.key' }, /does not belong to the certificate/],
		[{ VIGIL_API_TLS_CERTIFICATE: 'own.pem', VIGIL_API_TLS_KEY: 'other.key' }, /^VIGIL_API_TLS_KEY: .*does not belong/],
		[{ VIGIL_UPSTREAM_CA: '.' }, /^VIGIL_UPSTREAM_CA: \S+ is a folder$/],
	])('are refused with one sentence: %o', async (names, sentence) => {
		const reading = read(names as unknown as Record<string, string>)
		await expect(reading).rejects.toBeInstanceOf(ConfigError)
		await expect(reading).rejects.toThrow(sentence)
	})
})
