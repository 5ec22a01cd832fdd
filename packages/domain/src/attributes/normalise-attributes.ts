import type { AttributesChange } from '../account/account.ts'
import { Secret } from '../secret.ts'
import { type AttributeName, attributeNamed } from './attribute-names.ts'
import { type AttributeValues, type BrokenRule, readAttributeValue } from './attribute-values.ts'

/** A broken rule, with the attribute's name as it was spelled. */
export interface AttributeProblem extends BrokenRule {
	readonly spelling: string
}

/** What a provisioning system's attributes come to. */
export interface NormalisedAttributes {
	readonly attributes: AttributesChange
	/** Domain of the address-of-record, `host` or `host:port`, where it was given. */
	readonly domain?: string
	/** A SIP password in place of the stored credential, where it was given. */
	readonly password?: Secret
	/** How each attribute that was understood was spelled. */
	readonly spellings: ReadonlyMap<AttributeName, string>
	/** Names that are none of the push attributes, in their order. */
	readonly unknown: readonly string[]
	/** Every broken rule; when there is one, nothing is to be changed. */
	readonly problems: readonly AttributeProblem[]
}

type Value = AttributeValues[AttributeName]

interface Given {
	readonly spelling: string
	readonly name: AttributeName
	readonly account?: string
	readonly value: unknown
}

interface Reading {
	readonly spelling: string
	readonly value: Value
}

/**
 * Brings provisioning attributes of one account into the service's own form: every spelling that `attributeNamed`
 * knows, values as numbers, booleans or text. The same attribute in two spellings must say the same. Pure.
 */
export function normaliseAttributes(given: Readonly<Record<string, unknown>>): NormalisedAttributes {
	const { known, unknown } = sorted(given)
	const readings = new Map<AttributeName, Reading>()
	const problems = known.flatMap((one) => read(one, readings))
	return { ...changeOf(readings), unknown, problems: [...problems, ...severalAccounts(known)] }
}

function sorted(given: Readonly<Record<string, unknown>>): { known: Given[]; unknown: string[] } {
	const known: Given[] = []
	const unknown: string[] = []
	for (const [spelling, value] of Object.entries(given)) {
		const attribute = attributeNamed(spelling)
		if (attribute === undefined) unknown.push(spelling)
		else known.push({ spelling, value, ...attribute })
	}
	return { known, unknown }
}

/** Takes one value down unless another spelling has been before it; the rules that it breaks. */
function read({ spelling, name, value }: Given, readings: Map<AttributeName, Reading>): AttributeProblem[] {
	const outcome = readAttributeValue(name, value)
	if (!outcome.ok) return [{ spelling, rule: outcome.rule, message: outcome.message }]
	const reading = { spelling, value: outcome.value }
	const before = readings.get(name)
	if (before === undefined) readings.set(name, reading)
	return before === undefined || before.value === reading.value ? [] : conflict(name, before, reading)
}

function conflict(name: AttributeName, one: Reading, other: Reading): AttributeProblem[] {
	const says = (reading: Reading, against: Reading) =>
		name === 'password'
			? `is another one than ${against.spelling}`
			: `says ${shown(reading.value)}, but ${against.spelling} says ${shown(against.value)}`
	const problem = (reading: Reading, against: Reading): AttributeProblem => ({
		spelling: reading.spelling,
		rule: 'conflict',
		message: says(reading, against),
	})
	return [problem(one, other), problem(other, one)]
}

/** One resource is one account: what is meant for its neighbour in the profile must not end up here. */
function severalAccounts(known: readonly Given[]): AttributeProblem[] {
	const first = new Map<string, string>()
	for (const { account, spelling } of known) {
		if (account !== undefined && !first.has(account)) first.set(account, spelling)
	}
	const spellings = [...first.values()]
	if (spellings.length < 2) return []
	return spellings.map((spelling) => ({
		spelling,
		rule: 'one_account',
		message: `cannot stand beside ${spellings.find((other) => other !== spelling)}: they are of different accounts`,
	}))
}

function changeOf(readings: ReadonlyMap<AttributeName, Reading>) {
	const values = Object.fromEntries(Array.from(readings, ([name, { value }]) => [name, value]))
	const { domain, password, ...attributes } = values as Partial<AttributeValues>
	const spellings = new Map(Array.from(readings, ([name, { spelling }]) => [name, spelling]))
	return {
		attributes: attributes as AttributesChange,
		spellings,
		...(domain === undefined ? {} : { domain }),
		...(password === undefined ? {} : { password: new Secret(password) }),
	}
}

function shown(value: Value): string {
	return value === null ? 'none' : String(value)
}
