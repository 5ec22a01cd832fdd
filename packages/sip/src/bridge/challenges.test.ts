import { describe, expect, it } from 'vitest'
import { BridgeScene } from '../../test/bridge-scene.ts'
import { request } from '../../test/messages.ts'

const challenge = [['Proxy-Authenticate', 'Digest realm="x", nonce="n"']] as const
const credentials = [['Proxy-Authorization', 'Digest response="y"']] as const

function talking(challenges: 'ask' | 'relay' = 'ask') {
	return new BridgeScene({ challenges }).talk()
}

describe('a challenge of the upstream server', () => {
	it('is answered by the owner: the request goes again with credentials and the next number', () => {
		const scene = talking()
		const info = scene.request('device', 'INFO')
		scene.answer('b2', 407, challenge)
		expect(scene.story()).toEqual(['challenged'])
		expect(scene.last[0]).toMatchObject({ leg: 'upstream', transactionId: 'b2', request: { method: 'INFO' } })
		scene.input({ type: 'credentials', transactionId: 'b2', headers: credentials })
		const { request: again, transactionId } = scene.lastSent('upstream')
		expect(again.headers.get('CSeq')).toBe('102 INFO')
		expect(again.headers.all('Proxy-Authorization')).toEqual(['Digest response="y"'])
		scene.answer(transactionId, 200)
		expect(scene.responses(info).map(({ status }) => status)).toEqual([200])
		expect(scene.responses(info)[0]?.headers.get('CSeq')).toBe('101 INFO')
	})

	it('shifts the phone’s later numbers, and those that its PRACK names', () => {
		const scene = talking()
		const invite = scene.request('device', 'INVITE')
		scene.answer('b2', 401, challenge)
		scene.input({ type: 'credentials', transactionId: 'b2', headers: credentials })
		scene.answer('b3', 183, [
			['Require', '100rel'],
			['RSeq', '5'],
		])
		scene.request('device', 'PRACK', [['RAck', '5 101 INVITE']])
		const { headers } = scene.lastSent('upstream').request
		expect(headers.get('CSeq')).toBe('103 PRACK')
		expect(headers.get('RAck')).toBe('5 102 INVITE')
		scene.answer('b3', 200)
		scene.ack('device', 101)
		const ack = scene.all('sendAck').at(-1)?.ack
		expect(ack?.headers.get('CSeq')).toBe('102 ACK')
		expect(ack?.headers.get('Proxy-Authorization')).toBe('Digest response="y"')
		expect(scene.responses(invite).map(({ status }) => status)).toEqual([183, 200])
	})

	it('may be answered late: the repeated request comes after what was sent meanwhile', () => {
		const scene = talking()
		scene.request('device', 'INFO')
		scene.answer('b2', 407, challenge)
		scene.request('device', 'UPDATE')
		scene.input({ type: 'credentials', transactionId: 'b2', headers: credentials })
		expect(scene.lastSent('upstream').request.headers.get('CSeq')).toBe('103 INFO')
	})

	it('is put to the owner twice at most, for a stale nonce', () => {
		const scene = talking()
		const info = scene.request('device', 'INFO')
		for (const id of ['b2', 'b3']) {
			scene.answer(id, 407, challenge)
			scene.input({ type: 'credentials', transactionId: id, headers: credentials })
		}
		scene.answer('b4', 407, challenge)
		expect(scene.responses(info).map(({ status }) => status)).toEqual([407])
		expect(scene.all('challenged')).toHaveLength(2)
	})

	it('passes on when the owner has no credentials, or does not want to be asked', () => {
		const scene = talking()
		const info = scene.request('device', 'INFO')
		scene.answer('b2', 407, challenge)
		scene.answer('b2', 407, challenge)
		scene.input({ type: 'credentials', transactionId: 'b2', headers: [] })
		expect(scene.responses(info)[0]?.headers.get('Proxy-Authenticate')).toBe(challenge[0][1])
		const relaying = talking('relay')
		const other = relaying.request('device', 'INFO')
		relaying.answer('b2', 407, challenge)
		expect(relaying.responses(other).map(({ status }) => status)).toEqual([407])
	})

	it('of our BYE is answered too; the leg closes in the end', () => {
		const scene = talking()
		scene.request('device', 'BYE')
		scene.answer('b2', 407, challenge)
		expect(scene.story()).toEqual(['challenged'])
		scene.input({ type: 'credentials', transactionId: 'b2', headers: credentials })
		expect(scene.lastSent('upstream').request.headers.get('CSeq')).toBe('102 BYE')
		scene.answer('b3', 200)
		expect(scene.story()).toEqual(['released'])
	})

	it('does not outlive a CANCEL, or the call', () => {
		const scene = talking()
		const invite = scene.request('device', 'INVITE')
		scene.answer('b2', 407, challenge)
		scene.input({ type: 'cancel', leg: 'device', transactionId: invite, cancel: request('CANCEL') })
		expect(scene.responses(invite).map(({ status }) => status)).toEqual([487])
		const info = scene.request('device', 'INFO')
		scene.answer(scene.lastSent('upstream').transactionId, 407, challenge)
		scene.request('upstream', 'BYE')
		expect(scene.responses(info).map(({ status }) => status)).toEqual([487])
		scene.input({ type: 'credentials', transactionId: 'b3', headers: credentials })
		expect(scene.last).toEqual([])
	})

	it('of the device is none of our business', () => {
		const scene = talking()
		const info = scene.request('upstream', 'INFO')
		scene.answer('b2', 401)
		expect(scene.responses(info).map(({ status }) => status)).toEqual([401])
	})
})
