import { describe, expect, it } from 'vitest'
import { Headers } from '../message/headers.ts'
import { unsupportedOptions } from '../message/option-tags.ts'
import { responseOutsideOfDialogs } from './outside-of-dialogs.ts'

describe('a request outside of dialogs', () => {
	it.each([
		['BYE', 481, []],
		['PRACK', 481, []],
		['UPDATE', 481, []],
		['INFO', 481, []],
		['REFER', 403, []],
		['NOTIFY', 489, [['Allow-Events', 'refer']]],
		['SUBSCRIBE', 489, [['Allow-Events', 'refer']]],
		['MESSAGE', 405, [['Allow', 'INVITE']]],
		['toString', 405, [['Allow', 'INVITE']]],
	] as const)('%s gets %i', (method, status, headers) => {
		expect(responseOutsideOfDialogs(method, 'INVITE')).toEqual({ status, headers })
	})
})

describe('option tags', () => {
	const known = new Set(['100rel', 'timer'])

	it.each([
		[[], undefined],
		[['100REL, timer'], undefined],
		[['foo, 100rel', 'Bar'], 'foo, Bar'],
	])('%j leave %s unsupported', (values, unsupported) => {
		const headers = new Headers()
		for (const value of values) headers.append('Require', value)
		expect(unsupportedOptions(headers, 'Require', known)?.[1]).toBe(unsupported)
		expect(unsupportedOptions(headers, 'Proxy-Require', known)).toBeUndefined()
	})
})
