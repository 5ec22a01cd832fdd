import { describe, expect, it } from 'vitest'
import { BridgeScene, INVITE } from '../../test/bridge-scene.ts'
import { request } from '../../test/messages.ts'

const challenge = [['Proxy-Authenticate', 'Digest realm="x", nonce="n"']] as const
const credentials = [['Proxy-Authorization', 'Digest response="y"']] as const

function talking() {
	return new BridgeScene({ challenges: 'caller' }).talk()
}

describe('a challenge of the upstream server', () => {
	it('is answered by the owner: the request goes again with credentials and the next number', () => {
		const scene = talking()
		const info = scene.request('callee', 'INFO')
		scene.respond('b2', 407, challenge)
		expect(scene.story()).toEqual(['challenged'])
		expect(scene.last[0]).toMatchObject({ leg: 'caller', transactionId: 'b2', request: { method: 'INFO' } })
		scene.input({ type: 'credentials', transactionId: 'b2', headers: credentials })
		const { request: again, transactionId } = scene.lastSent('caller')
		expect(again.headers.get('CSeq')).toBe('102 INFO')
		expect(again.headers.all('Proxy-Authorization')).toEqual(['Digest response="y"'])
		scene.respond(transactionId, 200)
		expect(scene.responses(info).map(({ status }) => status)).toEqual([200])
		expect(scene.responses(info)[0]?.headers.get('CSeq')).toBe('101 INFO')
	})

	it('shifts the phone’s later numbers, and those that its PRACK names', () => {
		const scene = talking()
		const invite = scene.request('callee', 'INVITE')
		scene.respond('b2', 401, challenge)
		scene.input({ type: 'credentials', transactionId: 'b2', headers: credentials })
		scene.respond('b3', 183, [
			['Require', '100rel'],
			['RSeq', '5'],
		])
		scene.request('callee', 'PRACK', [['RAck', '5 101 INVITE']])
		const { headers } = scene.lastSent('caller').request
		expect(headers.get('CSeq')).toBe('103 PRACK')
		expect(headers.get('RAck')).toBe('5 102 INVITE')
		scene.respond('b3', 200)
		scene.ack('callee', 101)
		const ack = scene.all('send-ack').at(-1)?.ack
		expect(ack?.headers.get('CSeq')).toBe('102 ACK')
		expect(ack?.headers.get('Proxy-Authorization')).toBe('Digest response="y"')
		expect(scene.responses(invite).map(({ status }) => status)).toEqual([183, 200])
	})

	it('may be answered late: the repeated request comes after what was sent meanwhile', () => {
		const scene = talking()
		scene.request('callee', 'INFO')
		scene.respond('b2', 407, challenge)
		scene.request('callee', 'UPDATE')
		scene.input({ type: 'credentials', transactionId: 'b2', headers: credentials })
		expect(scene.lastSent('caller').request.headers.get('CSeq')).toBe('103 INFO')
	})

	it('is put to the owner four times at most, for two who ask and stale nonces', () => {
		const scene = talking()
		const info = scene.request('callee', 'INFO')
		for (const id of ['b2', 'b3', 'b4', 'b5']) {
			scene.respond(id, 407, challenge)
			scene.input({ type: 'credentials', transactionId: id, headers: credentials })
		}
		scene.respond('b6', 407, challenge)
		expect(scene.responses(info).map(({ status }) => status)).toEqual([403])
		expect(scene.all('challenged')).toHaveLength(4)
	})

	it('never reaches the other leg, who hears that it was refused; also where the owner does not want to be asked', () => {
		const scene = talking()
		const info = scene.request('callee', 'INFO')
		scene.respond('b2', 407, challenge)
		scene.respond('b2', 407, challenge)
		scene.input({ type: 'credentials', transactionId: 'b2', headers: [] })
		const [refusal] = scene.responses(info)
		expect(refusal).toMatchObject({ status: 403, reason: 'Forbidden' })
		expect(refusal?.headers.has('Proxy-Authenticate')).toBe(false)
		expect(refusal?.headers.get('Reason')).toBe('SIP;cause=407;text="Not authenticated"')
		const unchallenged = new BridgeScene().talk()
		const other = unchallenged.request('callee', 'INFO')
		unchallenged.respond('b2', 407, challenge)
		expect(unchallenged.responses(other).map(({ status }) => status)).toEqual([403])
	})

	it('of our BYE is answered too; the leg closes in the end', () => {
		const scene = talking()
		scene.request('callee', 'BYE')
		scene.respond('b2', 407, challenge)
		expect(scene.story()).toEqual(['challenged'])
		scene.input({ type: 'credentials', transactionId: 'b2', headers: credentials })
		expect(scene.lastSent('caller').request.headers.get('CSeq')).toBe('102 BYE')
		scene.respond('b3', 200)
		expect(scene.story()).toEqual(['released'])
	})

	it('does not outlive a CANCEL, or the call', () => {
		const scene = talking()
		const invite = scene.request('callee', 'INVITE')
		scene.respond('b2', 407, challenge)
		scene.input({ type: 'cancel', leg: 'callee', transactionId: invite, cancel: request('CANCEL') })
		expect(scene.responses(invite).map(({ status }) => status)).toEqual([487])
		const info = scene.request('callee', 'INFO')
		scene.respond(scene.lastSent('caller').transactionId, 407, challenge)
		scene.request('caller', 'BYE')
		expect(scene.responses(info).map(({ status }) => status)).toEqual([487])
		scene.input({ type: 'credentials', transactionId: 'b3', headers: credentials })
		expect(scene.last).toEqual([])
	})

	it('of the device has nobody who could answer it', () => {
		const scene = talking()
		const info = scene.request('caller', 'INFO')
		scene.respond('b2', 401, [['WWW-Authenticate', 'Digest realm="phone", nonce="n"']])
		expect(scene.responses(info).map(({ status }) => status)).toEqual([403])
		expect(scene.responses(info)[0]?.headers.has('WWW-Authenticate')).toBe(false)
	})
})

describe('a challenge of the callee to the INVITE that begins the call', () => {
	function calling() {
		const scene = new BridgeScene({ challenges: 'callee' })
		scene.respond('b1', 407, challenge)
		return scene
	}

	it('is answered by the owner, and the call goes on as if nothing had been', () => {
		const scene = calling()
		expect(scene.last[0]).toMatchObject({ type: 'challenged', leg: 'callee', transactionId: 'b1' })
		scene.input({ type: 'credentials', transactionId: 'b1', headers: credentials })
		const { request: again } = scene.lastSent('callee')
		expect(again.headers.get('CSeq')).toBe('21 INVITE')
		expect(again.headers.get('From')).toBe(scene.sent('b1').request.headers.get('From'))
		expect(again.body).toEqual(scene.sent('b1').request.body)
		scene.respond('b2', 200, [['To', '<sip:bob@upstream.example>;tag=phone']])
		expect(scene.responses(INVITE).map(({ status }) => status)).toEqual([200])
		scene.ack('caller', 20)
		const ack = scene.all('send-ack').at(-1)?.ack
		expect(ack?.headers.get('CSeq')).toBe('21 ACK')
		expect(ack?.headers.get('Proxy-Authorization')).toBe('Digest response="y"')
	})

	it('maps PRACK to the numbers of the repeated INVITE', () => {
		const scene = calling()
		scene.input({ type: 'credentials', transactionId: 'b1', headers: credentials })
		scene.respond('b2', 183, [
			['To', '<sip:bob@upstream.example>;tag=phone'],
			['Require', '100rel'],
			['RSeq', '7'],
		])
		scene.request('caller', 'PRACK', [['RAck', '7 20 INVITE']])
		const { headers } = scene.lastSent('callee').request
		expect(headers.get('RAck')).toBe('7 21 INVITE')
		expect(headers.get('CSeq')).toBe('22 PRACK')
	})

	it('leaves nothing to cancel when the caller gives up meanwhile', () => {
		const scene = calling()
		scene.input({ type: 'cancel', leg: 'caller', transactionId: INVITE, cancel: request('CANCEL') })
		expect(scene.responses(INVITE).map(({ status }) => status)).toEqual([487])
		expect(scene.all('send-cancel')).toEqual([])
		expect(scene.story().slice(-2)).toEqual(['ended cancelled caller', 'released'])
		scene.input({ type: 'credentials', transactionId: 'b1', headers: credentials })
		expect(scene.last).toEqual([])
	})

	it('cancels the repeated INVITE', () => {
		const scene = calling()
		scene.input({ type: 'credentials', transactionId: 'b1', headers: credentials })
		scene.input({ type: 'cancel', leg: 'caller', transactionId: INVITE, cancel: request('CANCEL') })
		expect(scene.all('send-cancel')).toMatchObject([{ leg: 'callee', transactionId: 'b2' }])
		scene.respond('b2', 487)
		expect(scene.story()).toEqual(['released'])
	})

	it('refuses the call where the owner has no credentials', () => {
		const scene = calling()
		scene.input({ type: 'credentials', transactionId: 'b1', headers: [] })
		expect(scene.responses(INVITE).map(({ status }) => status)).toEqual([403])
	})
})
