import { describe, expect, it } from 'vitest'
import { PLATFORM_STATEMENTS } from './platform-statements.ts'
import { files, isTest, textOf } from './tree.ts'

const FOLDER = 'packages/postgres/src/'
/** What makes the connections says what the words mean. */
const MADE_IN = `${FOLDER}database/connect.ts`
const FUNCTION = /^(?:export )?(?:async )?function\*? (\w+)/
const AS_PLATFORM = /\.(?:asPlatform|platformTransaction|longTransaction)\b/

/** Each function of the file that asks as the platform. */
function askingIn(file: string): string[] {
	let name = 'outside of functions'
	const asking = new Set<string>()
	for (const line of textOf(file).split('\n')) {
		name = FUNCTION.exec(line)?.[1] ?? name
		if (AS_PLATFORM.test(line)) asking.add(`${file.replace(FOLDER, '')} ${name}`)
	}
	return [...asking]
}

describe('statements that see every tenant', () => {
	it('are those that are listed, each with its reason: wherever the tenant is known, it is asked as the tenant', () => {
		const asking = files.filter((file) => !isTest(file) && file !== MADE_IN).flatMap(askingIn)
		expect(asking.toSorted()).toEqual(Object.keys(PLATFORM_STATEMENTS).toSorted())
	})
})
