import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isNumbered, numberedBranch, numberOf } from './numbered-branch.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}
const unique = fc.stringMatching(/^[\w-]{1,20}$/)
const number = fc.nat(2 ** 31 - 1)

it('finds the number of any branch again', () => {
	fc.assert(
		fc.property(unique, number, (text, own) => {
			const branch = numberedBranch(text, own)
			expect(numberOf(branch)).toBe(own)
			expect(isNumbered(branch, text, own)).toBe(true)
		}),
		seed,
	)
})

it('takes no other branch for it', () => {
	fc.assert(
		fc.property(unique, unique, number, (text, other, own) => {
			fc.pre(text !== other)
			expect(isNumbered(numberedBranch(other, own), text, own)).toBe(false)
			expect(isNumbered(`Z9HG4BK${text}.${own}`, text, own)).toBe(false)
			expect(isNumbered(`z9hG4bK${text}.0${own}`, text, own)).toBe(false)
			expect(isNumbered(`z9hG4bK${text}${own}`, text, own)).toBe(false)
		}),
		seed,
	)
})

it.each(['', '.', '7', 'z9hG4bK', 'z9hG4bK7', 'z9hG4bK.', 'z9hG4bK.7a', 'z9hG4bK.-7', 'z9hG4bK.12345678901234567890'])(
	'finds none in %j',
	(branch) => {
		expect(numberOf(branch)).toBe(-1)
	},
)
