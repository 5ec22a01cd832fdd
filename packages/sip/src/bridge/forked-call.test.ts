import { describe, expect, it } from 'vitest'
import { BridgeScene, INVITE } from '../../test/bridge-scene.ts'
import { ask, askBack, forked, reliable, tagsOf, toTag } from '../../test/forked-scene.ts'
import { bytes, request, text } from '../../test/messages.ts'
import { tagOf } from '../address/name-addr.ts'
import { bridgedDialogs } from './bridged-dialogs.ts'

describe('an INVITE that is forked behind the callee', () => {
	it('makes an early dialog for each end, which keeps its tag', () => {
		const scene = forked()
		scene.end('one', 180)
		scene.end('two', 183, [], bytes('announcement'))
		expect(scene.all('forked')).toEqual([{ type: 'forked', callerTag: 'ours.2' }])
		scene.end('one', 183)
		scene.end('three', 180)
		expect(tagsOf(scene)).toEqual(['ours', 'ours.2', 'ours', 'ours.3'])
		expect(text(scene.responses(INVITE)[1]?.body ?? bytes(''))).toBe('announcement')
		expect(bridgedDialogs(scene.state).map(({ caller, callee }) => [caller.localTag, callee.remoteTag])).toEqual(
			expect.arrayContaining([
				['ours', 'one'],
				['ours.2', 'two'],
				['ours.3', 'three'],
			]),
		)
	})

	it('has a PRACK for each, numbered in its own dialog (RFC 3262 4)', () => {
		const scene = forked()
		scene.end('one', 180, reliable(1))
		scene.end('two', 180, reliable(1))
		ask(scene, 'ours', 'PRACK', [['RAck', '1 20 INVITE']])
		expect(toTag(scene)).toBe('one')
		ask(scene, 'ours.2', 'PRACK', [['RAck', '1 20 INVITE']])
		expect(toTag(scene)).toBe('two')
		expect(scene.lastSent('callee').request.headers.get('CSeq')).toBe('22 PRACK')
		scene.end('two', 183, reliable(2))
		ask(scene, 'ours.2', 'PRACK', [['RAck', '2 20 INVITE']])
		expect(scene.lastSent('callee').request.headers.get('RAck')).toBe('2 20 INVITE')
	})

	it('takes UPDATEs through in the dialog that they are of, both ways', () => {
		const scene = forked()
		scene.end('one', 183)
		scene.end('two', 183)
		ask(scene, 'ours', 'UPDATE')
		expect(toTag(scene)).toBe('one')
		const back = askBack(scene, 'two', 'UPDATE')
		const { request: sent, transactionId } = scene.lastSent('caller')
		expect(tagOf(sent.headers.get('From') ?? '')).toBe('ours.2')
		scene.respond(transactionId, 200)
		expect(scene.responses(back).map(({ status }) => status)).toEqual([200])
	})

	it.each(['one', 'two'])(
		'is answered by the end that is first, here %s, in its dialog; the others are over',
		(winner) => {
			const scene = forked()
			scene.end('one', 183)
			scene.end('two', 183)
			const open = ask(scene, winner === 'one' ? 'ours.2' : 'ours', 'UPDATE')
			const tag = winner === 'one' ? 'ours' : 'ours.2'
			scene.end(winner, 200, [], bytes('answer'))
			expect(tagsOf(scene).at(-1)).toBe(tag)
			expect(scene.responses(open).map(({ status }) => status)).toEqual([487])
			scene.ack('caller', 20, bytes(''), tag)
			expect(tagOf(scene.all('send-ack').at(-1)?.ack.headers.get('To') ?? '')).toBe(winner)
			const late = ask(scene, winner === 'one' ? 'ours.2' : 'ours', 'INFO')
			expect(scene.responses(late).map(({ status }) => status)).toEqual([481])
			ask(scene, tag, 'BYE')
			expect(toTag(scene)).toBe(winner)
		},
	)

	it('acknowledges a second answer, and ends it with BYE (RFC 3261 13.2.2.4)', () => {
		const scene = forked()
		scene.end('one', 180)
		scene.end('two', 180)
		scene.end('two', 200)
		scene.end('one', 200)
		expect(scene.story()).toEqual(['callee<ACK', 'callee<BYE'])
		expect(toTag(scene)).toBe('one')
		expect(tagsOf(scene)).toEqual(['ours', 'ours.2', 'ours.2'])
	})

	it('may be answered by an end that never rang', () => {
		const scene = forked()
		scene.end('one', 180)
		scene.end('two', 200)
		expect(tagsOf(scene)).toEqual(['ours', 'ours.2'])
		expect(scene.story()).toContain('answered')
	})

	it('is refused for all of them, and cancelled for all of them', () => {
		const scene = forked()
		scene.end('one', 183)
		scene.end('two', 183)
		const open = ask(scene, 'ours', 'UPDATE')
		scene.end('two', 486)
		expect(tagsOf(scene)).toEqual(['ours', 'ours.2', 'ours'])
		expect(scene.responses(open).map(({ status }) => status)).toEqual([487])
		const other = forked()
		other.end('one', 183)
		other.end('two', 183)
		other.input({ type: 'cancel', leg: 'caller', transactionId: INVITE, cancel: request('CANCEL') })
		expect(other.story()).toEqual(['caller<487', 'callee<CANCEL', 'ended cancelled caller'])
		other.end('one', 200)
		expect(other.story()).toEqual(['callee<ACK', 'callee<BYE'])
	})

	it('loses one end alone: by BYE of either side, 481, silence or 199 (RFC 6228)', () => {
		for (const lose of [
			(scene: BridgeScene) => ask(scene, 'ours.2', 'BYE'),
			(scene: BridgeScene) => askBack(scene, 'two', 'BYE'),
			(scene: BridgeScene) => {
				ask(scene, 'ours.2', 'UPDATE')
				scene.respond(scene.lastSent('callee').transactionId, 481)
			},
			(scene: BridgeScene) => {
				ask(scene, 'ours.2', 'UPDATE')
				const { transactionId } = scene.lastSent('callee')
				scene.input({ type: 'failed', leg: 'callee', transactionId, cause: 'timeout' })
			},
			(scene: BridgeScene) => scene.end('two', 199),
		]) {
			const scene = forked()
			scene.end('one', 180)
			scene.end('two', 180)
			lose(scene)
			expect(scene.all('ended')).toEqual([])
			const heard = tagsOf(scene).length
			scene.end('two', 180)
			expect(tagsOf(scene)).toHaveLength(heard)
			expect(scene.responses(ask(scene, 'ours.2', 'INFO')).map(({ status }) => status)).toEqual([481])
			scene.end('one', 200)
			expect(tagsOf(scene).at(-1)).toBe('ours')
		}
	})

	it('lets the end that was left answer all the same: no other final response may follow its 2xx', () => {
		const scene = forked()
		scene.end('one', 180)
		scene.end('two', 180)
		ask(scene, 'ours.2', 'BYE')
		expect(scene.story()).toEqual(['caller<200', 'callee<BYE'])
		scene.end('two', 200)
		expect(tagsOf(scene).at(-1)).toBe('ours.2')
	})

	it('shows sixteen ends at most; an answer is heard from any', () => {
		const scene = forked()
		for (let i = 0; i < 40; i++) scene.end(`end${i}`, 180)
		expect(new Set(tagsOf(scene)).size).toBe(16)
		scene.end('end30', 200)
		expect(tagsOf(scene).at(-1)).toBe('ours.17')
	})

	it('begins anew when a challenge has ended its early dialogs (RFC 3261 12.3)', () => {
		const scene = new BridgeScene({ earlyDialogs: 'each', challenges: 'callee' })
		scene.end('one', 180)
		scene.end('two', 180)
		const open = ask(scene, 'ours', 'UPDATE')
		scene.respond('b1', 407)
		scene.input({ type: 'credentials', transactionId: 'b1', headers: [['Proxy-Authorization', 'Digest x']] })
		expect(scene.responses(open).map(({ status }) => status)).toEqual([487])
		const { transactionId } = scene.lastSent('callee')
		scene.end('three', 180, [], bytes(''), transactionId)
		scene.end('four', 180, [], bytes(''), transactionId)
		expect(new Set(tagsOf(scene)).size).toBe(3)
	})

	it('is one early dialog where the caller is to see one', () => {
		const scene = new BridgeScene()
		scene.end('one', 180)
		scene.end('two', 180)
		expect(tagsOf(scene)).toEqual(['ours', 'ours'])
		expect(scene.all('forked')).toEqual([])
		scene.request('caller', 'UPDATE')
		expect(toTag(scene)).toBe('two')
	})
})
