import type { AccountAttributes } from '../account/account.ts'
import type { AttributeName } from './attribute-names.ts'
import { isHostAndPort } from './host-and-port.ts'

/** Seconds between refreshes: below, a server is burdened for nothing; above, a lost binding is noticed too late. */
export const REFRESH_SECONDS = { min: 30, max: 86_400 } as const

/** Characters of a SIP password. */
const LONGEST_PASSWORD = 256

/** The values of the attributes; `null` removes what may be absent. */
export type AttributeValues = Omit<AccountAttributes, 'outboundProxy' | 'contactSwap'> & {
	readonly outboundProxy: string | null
	readonly contactSwap: boolean | null
	readonly domain: string
	readonly password: string
}

/** A rule that a value breaks: its short name, and what the value must be. */
export interface BrokenRule {
	readonly rule: string
	readonly message: string
}

export type ReadValue<Name extends AttributeName = AttributeName> =
	| { readonly ok: true; readonly value: AttributeValues[Name] }
	| ({ readonly ok: false } & BrokenRule)

type Reader<Name extends AttributeName> = (given: unknown) => ReadValue<Name>

const READERS: { readonly [Name in AttributeName]: Reader<Name> } = {
	pushEnabled: readSwitch,
	registrationMode: readMode,
	natEmulation: readSwitch,
	registrationRefreshSeconds: readRefresh,
	autoSend180: readSwitch,
	contactSwap: (given) => (given === '' || given === null ? { ok: true, value: null } : readSwitch(given)),
	outboundProxy: readProxy,
	domain: readHost,
	password: readPassword,
}

/** Reads the value of an attribute as provisioning systems write it: numbers and switches may be text. */
export function readAttributeValue<Name extends AttributeName>(name: Name, given: unknown): ReadValue<Name> {
	return READERS[name](typeof given === 'string' && name !== 'password' ? given.trim() : given)
}

function readSwitch(given: unknown): { ok: true; value: boolean } | ({ ok: false } & BrokenRule) {
	switch (typeof given === 'string' ? given.toLowerCase() : given) {
		case true:
		case 1:
		case 'true':
		case '1':
			return { ok: true, value: true }
		case false:
		case 0:
		case 'false':
		case '0':
			return { ok: true, value: false }
		default:
			return { ok: false, rule: 'switch', message: 'must be true, false, 1 or 0' }
	}
}

function readMode(given: unknown): ReadValue<'registrationMode'> {
	const mode = integerOf(given)
	if (mode === 0 || mode === 1 || mode === 2 || mode === 3) return { ok: true, value: mode }
	const message = 'must be 0 (standard), 1 (single-device emulation), 2 (continuous) or 3 (takeover)'
	return { ok: false, rule: 'one_of', message }
}

function readRefresh(given: unknown): ReadValue<'registrationRefreshSeconds'> {
	const { min, max } = REFRESH_SECONDS
	const seconds = integerOf(given)
	if (seconds === undefined) return { ok: false, rule: 'integer', message: 'must be a whole number of seconds' }
	if (seconds < min) return { ok: false, rule: 'minimum', message: `must be at least ${min} seconds` }
	if (seconds > max) return { ok: false, rule: 'maximum', message: `must be at most ${max} seconds` }
	return { ok: true, value: seconds }
}

function readProxy(given: unknown): ReadValue<'outboundProxy'> {
	return given === '' || given === null ? { ok: true, value: null } : readHost(given)
}

function readHost(given: unknown): { ok: true; value: string } | ({ ok: false } & BrokenRule) {
	if (typeof given === 'string' && isHostAndPort(given)) return { ok: true, value: given }
	return { ok: false, rule: 'host', message: 'must be host or host:port' }
}

function readPassword(given: unknown): ReadValue<'password'> {
	if (typeof given === 'string' && given !== '' && given.length <= LONGEST_PASSWORD) return { ok: true, value: given }
	return { ok: false, rule: 'password', message: `must be text of 1 to ${LONGEST_PASSWORD} characters` }
}

function integerOf(given: unknown): number | undefined {
	const value = typeof given === 'string' && /^[+-]?\d{1,15}$/.test(given) ? Number(given) : given
	return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}
