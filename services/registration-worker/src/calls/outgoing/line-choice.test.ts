import { type Account, DEFAULT_ATTRIBUTES, type DeviceId } from '@vigil/domain'
import { buildRequest, type HeaderPair } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { chooseLine } from './line-choice.ts'

const DEVICE = 'dev1' as DeviceId
const OWN_ADDRESS = '<sip:dev1@vigil>'

function line(username: string, domain: string, change: Partial<Account> = {}) {
	const attributes = { ...DEFAULT_ATTRIBUTES, registrationMode: 2 as const }
	return { account: { username, domain, attributes, disabled: false, ...change } as Account }
}

const work = line('alice', 'pbx.example')
const home = line('al', 'home.example:5070')
const standard = line('old', 'pbx.example', { attributes: DEFAULT_ATTRIBUTES })

function chosen(
	lines: readonly ReturnType<typeof line>[],
	from: string,
	headers: HeaderPair[] = [],
	uri = 'sip:bob@x',
) {
	const parties: HeaderPair[] = [
		['From', `${from};tag=1`],
		['To', `<${uri}>`],
	]
	const choice = chooseLine(buildRequest({ method: 'INVITE', uri, headers: [...parties, ...headers] }), DEVICE, lines)
	return 'line' in choice ? choice.line : choice.refusal
}

describe('the line that a call goes out by', () => {
	it('is the one in From, in any spelling of its host, with or without its port', () => {
		expect(chosen([work, home], '<sip:alice@PBX.example>')).toBe(work)
		expect(chosen([work, home], '<sip:al@home.example>')).toBe(home)
		expect(chosen([work, home], '<sip:al@home.example:5070>')).toBe(home)
	})

	it('is the one in P-Preferred-Identity, whatever From says', () => {
		const headers: HeaderPair[] = [['P-Preferred-Identity', '"Al" <sip:al@home.example>']]
		expect(chosen([work, home], '"Anonymous" <sip:anonymous@anonymous.invalid>', headers)).toBe(home)
		expect(chosen([work, home], '<sip:alice@pbx.example>', headers)).toBe(home)
	})

	it.each(['<sip:anonymous@anonymous.invalid>', OWN_ADDRESS])('need not be named where it is clear (%s)', (from) => {
		expect(chosen([work], from)).toBe(work)
		expect(chosen([work, standard], from)).toBe(work)
		expect(chosen([work, home], from, [], 'sip:bob@home.example')).toBe(home)
		expect(chosen([work, home], from, [], 'sip:bob@else.example')).toMatchObject({ reason: 'Say Which Line' })
		expect(chosen([], from)).toMatchObject({ status: 403, detail: 'the device has no lines' })
	})

	it.each(['<sip:bob@pbx.example>', '<sip:alice@else.example>', '<sip:al@home.example:5060>', '<tel:+4930>'])(
		'is none that the device does not have: %s',
		(from) => {
			expect(chosen([work, home], from)).toMatchObject({ status: 403, reason: 'Not a Line of This Device' })
		},
	)

	it('is in continuous mode, with push, and not disabled', () => {
		expect(chosen([standard], OWN_ADDRESS)).toMatchObject({ status: 403, reason: 'Not in Continuous Mode' })
		expect(chosen([line('a', 'b', { disabled: true })], OWN_ADDRESS)).toMatchObject({ reason: 'Account Disabled' })
		const off = { ...DEFAULT_ATTRIBUTES, registrationMode: 2 as const, pushEnabled: false }
		expect(chosen([line('a', 'b', { attributes: off })], OWN_ADDRESS)).toMatchObject({ reason: 'Push Is Off' })
	})
})
