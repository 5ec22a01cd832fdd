import type { Account, CallId } from '@vigil/domain'
import { buildRequest } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { callIdentity } from './call-identity.ts'

const ACCOUNT = { username: 'alice', domain: 'pbx.example' } as Account

function from(value: string, privacy: string) {
	const invite = buildRequest({
		method: 'INVITE',
		uri: 'sip:token@192.0.2.9',
		headers: [
			['From', value],
			['To', '<sip:alice@pbx.example>'],
			['Call-ID', 'c1'],
			['Privacy', privacy],
		],
	})
	return callIdentity('call_1' as CallId, ACCOUNT, invite).from
}

describe('who calls, as pushes and records say it', () => {
	it('is From', () => {
		expect(from('"Bob" <sip:bob@pbx.example>;tag=1', 'id')).toEqual({ uri: 'sip:bob@pbx.example', displayName: 'Bob' })
	})

	it('is nobody where the caller wants user privacy, or cannot be read', () => {
		const nobody = { uri: 'sip:anonymous@anonymous.invalid', displayName: 'Anonymous' }
		expect(from('"Bob" <sip:bob@pbx.example>;tag=1', 'user;id')).toEqual(nobody)
		expect(from('"broken', 'none')).toEqual(nobody)
	})
})
