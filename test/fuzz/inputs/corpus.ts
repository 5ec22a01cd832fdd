import { readdirSync, readFileSync } from 'node:fs'
import { TORTURE_CASES, tortureBytes } from '@vigil/sip/torture'
import { MESSAGES } from './messages.ts'

const REGRESSIONS = new URL('../../../packages/sip/testdata/regressions/', import.meta.url)

/** What inputs are made of: valid messages of every kind, and those that torture. */
export function corpus(): readonly Buffer[] {
	return [...MESSAGES, ...MESSAGES, ...TORTURE_CASES.map(({ file }) => tortureBytes(file))]
}

/** Inputs that once broke that target, by file name; every run begins with them. */
export function regressions(target: string): { readonly name: string; readonly bytes: Buffer }[] {
	const folder = new URL(`${target}/`, REGRESSIONS)
	return readdirSync(folder)
		.filter((name) => name.endsWith('.dat'))
		.map((name) => ({ name, bytes: readFileSync(new URL(name, folder)) }))
}
