import { describe, expect, it } from 'vitest'
import { Mailbox } from './mailbox.ts'

describe('Mailbox', () => {
	it('gives what is there and what comes', async () => {
		const mailbox = new Mailbox<number>()
		mailbox.push(1)
		const later = mailbox.waitFor((item) => item > 1)
		mailbox.push(2)
		expect(await mailbox.waitFor()).toBe(1)
		expect(await later).toBe(2)
	})

	it('gives one after the other', async () => {
		const mailbox = new Mailbox<string>()
		mailbox.push('a')
		const [first, second, third] = [mailbox.next(), mailbox.next(), mailbox.next()]
		mailbox.push('b')
		mailbox.push('c')
		expect(await Promise.all([first, second, third])).toEqual(['a', 'b', 'c'])
	})

	it('says what it waited for and what came instead', async () => {
		const mailbox = new Mailbox<number>((item) => `#${item}`)
		mailbox.push(1)
		const failure = mailbox.waitFor((item) => item > 1, { deadlineMs: 1, what: 'a second item' })
		await expect(failure).rejects.toThrow('waited 1 ms for a second item; arrived: #1')
	})
})
