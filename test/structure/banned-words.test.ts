import { describe, expect, it } from 'vitest'
import { BANNED_WORDS } from './banned-words.ts'
import { findBanned } from './find-banned.ts'
import { documents, files, textOf } from './tree.ts'

describe('a banned word', () => {
	const banned = [
		{ word: 'wish', instead: 'desired binding' },
		{ word: 'AccountWays', instead: 'egress', except: ['docs/adr/'] },
	]
	const found = (text: string, file = 'a.ts') => findBanned(file, text, banned)

	it('is found with its line, whatever stands around it', () => {
		expect(found('a\nconst wish = 1')).toEqual(["a.ts:2: say 'desired binding' in place of 'wish'"])
		expect(found('stepWish(wishOf, WISH_LIST, the-wish, Wishes)')).toHaveLength(1)
		expect(found('import { AccountWays } from x')).toEqual(["a.ts:1: say 'egress' in place of 'AccountWays'"])
		expect(found('newAccountWays()')).toHaveLength(1)
	})

	it.each(['swish', 'wishbone', 'DishWishy', 'accountways'])('is not found in %s', (text) => {
		expect(found(text)).toEqual([])
	})

	it('is found in the name of a file', () => {
		expect(found('', 'src/the-wish.ts')).toEqual(["src/the-wish.ts: say 'desired binding' in place of 'wish'"])
	})

	it('may stand where it is history', () => {
		expect(found('AccountWays', 'docs/adr/0001-a.md')).toEqual([])
	})
})

describe('the words of the code and its documents', () => {
	it('are those that are in use', () => {
		const all = [...files, ...documents].filter((file) => !file.startsWith('test/structure/banned-words'))
		expect(all.flatMap((file) => findBanned(file, textOf(file), BANNED_WORDS))).toEqual([])
	})
})
