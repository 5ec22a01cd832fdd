import { describe, expect, it } from 'vitest'
import { attach, HeldCallBench, PHONE, TABLET } from '../../test/held-call-model.ts'

describe('a held call', () => {
	it('wakes a sleeping phone and rings it once when it attaches', () => {
		const bench = new HeldCallBench()
		expect(bench.invite([{ deviceId: PHONE, wakeable: true }])).toEqual(['wake phone'])
		expect(bench.input(attach(PHONE, 'b1'))).toEqual([
			'record device.attached phone',
			'ring phone leg 1 via b1',
			'record invite.forwarded phone',
		])
		expect(bench.input(attach(PHONE, 'b1'))).toEqual([])
		expect(bench.input(attach(PHONE, 'b2'))).toEqual(['record device.attached phone'])
	})

	it('rings a device with a live flow at once and pushes it as well', () => {
		const bench = new HeldCallBench()
		const effects = bench.invite([{ deviceId: PHONE, wakeable: true, bindingId: 'b0' }])
		expect(effects).toEqual(['wake phone', 'ring phone leg 1 via b0', 'record invite.forwarded phone'])
	})

	it('sends 180 at once only when asked to', () => {
		const bench = new HeldCallBench()
		expect(bench.invite([{ deviceId: PHONE, wakeable: true }], true)[0]).toBe('ring-back')
	})

	it('records the answer and cancels the other devices', () => {
		const bench = new HeldCallBench()
		bench.invite([
			{ deviceId: PHONE, wakeable: true, bindingId: 'p' },
			{ deviceId: TABLET, wakeable: true, bindingId: 't' },
		])
		bench.input({ type: 'leg-ringing', legId: 1, status: 180 })
		expect(bench.input({ type: 'leg-answered', legId: 2 })).toEqual([
			'record answered tablet',
			'outcome answered 200 tablet',
			'withdraw leg 1 answered-elsewhere',
		])
		expect(bench.state.phase).toBe('answered')
	})

	it('ends with 480 when nobody wakes in time', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true }])
		bench.nowMs = 29_999
		expect(bench.input({ type: 'due' })).toEqual([])
		bench.nowMs = 30_000
		expect(bench.input({ type: 'due' })).toEqual([
			'record wake.timeout',
			'refuse 480',
			'outcome missed 480',
			'cancel push phone',
		])
	})

	it('does not stop a phone that rings at the wake deadline, but does at the ring deadline', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true }])
		bench.input(attach(PHONE, 'b1'))
		bench.nowMs = 30_000
		expect(bench.input({ type: 'due' })).toEqual([])
		bench.nowMs = bench.state.dueAtMs ?? Number.NaN
		expect(bench.input({ type: 'due' })).toEqual(['refuse 480', 'outcome missed 480', 'withdraw leg 1 no-answer'])
	})

	it('passes a decline on as the device gave it', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true, bindingId: 'p' }])
		expect(bench.input({ type: 'leg-refused', legId: 1, status: 603, unreachable: false })).toEqual([
			'record declined phone',
			'refuse 603 of leg 1',
			'outcome declined 603',
		])
	})

	it('waits for the other device when one is busy, and gives the best refusal in the end', () => {
		const bench = new HeldCallBench()
		bench.invite([
			{ deviceId: PHONE, wakeable: true, bindingId: 'p' },
			{ deviceId: TABLET, wakeable: true, bindingId: 't' },
		])
		expect(bench.input({ type: 'leg-refused', legId: 1, status: 500, unreachable: false })).toEqual([
			'record declined phone',
		])
		expect(bench.input({ type: 'leg-refused', legId: 2, status: 486, unreachable: false })).toEqual([
			'record declined tablet',
			'refuse 486 of leg 2',
			'outcome busy 486',
		])
	})

	it('cancels what rings when the caller gives up', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true, bindingId: 'p' }])
		expect(bench.input({ type: 'cancelled' })).toEqual([
			'record cancelled',
			'refuse 487',
			'outcome cancelled 487',
			'withdraw leg 1 caller-cancelled',
		])
	})

	it('is no missed call when the SIP server says that another one answered, and says so to all', () => {
		const bench = new HeldCallBench()
		bench.invite([
			{ deviceId: PHONE, wakeable: true, bindingId: 'p' },
			{ deviceId: TABLET, wakeable: true },
		])
		const reasons = ['SIP;cause=200;text="Call completed elsewhere"']
		expect(bench.input({ type: 'cancelled', reasons })).toEqual([
			'record cancelled',
			'refuse 487',
			'outcome answered-elsewhere 487',
			'withdraw leg 1 answered-elsewhere',
			'cancel push tablet',
		])
		const told = bench.effects.filter((effect) => 'passed' in effect || effect.type === 'cancel-push')
		expect(told).toMatchObject([{ passed: reasons }, { reason: 'answered-elsewhere' }])
		expect(bench.input(attach(TABLET, 't')).at(-1)).toBe('withdraw leg 2 answered-elsewhere')
		expect(bench.effects.at(-1)).toMatchObject({ passed: reasons })
	})

	it('passes the reason of a refusal for all on to the other devices', () => {
		const bench = new HeldCallBench()
		bench.invite([
			{ deviceId: PHONE, wakeable: true, bindingId: 'p' },
			{ deviceId: TABLET, wakeable: true, bindingId: 't' },
		])
		const reasons = ['Q.850;cause=17']
		bench.input({ type: 'leg-refused', legId: 1, status: 600, unreachable: false, reasons })
		expect(bench.effects.at(-1)).toMatchObject({ type: 'withdraw', reason: 'busy-elsewhere', passed: reasons })
	})

	it('ends with 487 when the caller’s own time is over, sleeping or ringing, and was missed', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true }], false, 10_000)
		bench.nowMs = bench.state.dueAtMs ?? Number.NaN
		expect(bench.nowMs).toBe(10_000)
		expect(bench.effects[0]).toMatchObject({ type: 'wake', deadlineMs: 10_000 })
		expect(bench.input({ type: 'due' })).toEqual([
			'record cancelled',
			'refuse 487',
			'outcome missed 487',
			'cancel push phone',
		])
		const ringing = new HeldCallBench()
		ringing.invite([{ deviceId: PHONE, wakeable: true, bindingId: 'p' }], false, 60_000)
		ringing.nowMs = 30_000
		expect(ringing.input({ type: 'due' })).toEqual([])
		ringing.nowMs = 60_000
		expect(ringing.input({ type: 'due' }).at(-1)).toBe('withdraw leg 1 no-answer')
		const late = new HeldCallBench()
		expect(late.invite([{ deviceId: PHONE, wakeable: true }], true, 0)).toEqual([
			'record cancelled',
			'refuse 487',
			'outcome missed 487',
		])
	})

	it('tells a phone that wakes too late: by a push, and when it attaches by INVITE and CANCEL, once', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true }])
		expect(bench.input({ type: 'cancelled' }).at(-1)).toBe('cancel push phone')
		expect(bench.input(attach(PHONE, 'b1'))).toEqual([
			'ring phone leg 1 via b1',
			'record invite.forwarded phone',
			'withdraw leg 1 caller-cancelled',
		])
		expect(bench.input(attach(PHONE, 'b2'))).toEqual([])
	})

	it('tells a phone that wakes after another device has answered', () => {
		const bench = new HeldCallBench()
		bench.invite([
			{ deviceId: PHONE, wakeable: true },
			{ deviceId: TABLET, wakeable: true, bindingId: 't' },
		])
		expect(bench.input({ type: 'leg-answered', legId: 1 }).at(-1)).toBe('cancel push phone')
		expect(bench.input(attach(PHONE, 'b1')).at(-1)).toBe('withdraw leg 2 answered-elsewhere')
		expect(bench.state.phase).toBe('answered')
	})

	it('rings again over a new binding when the way to the device broke', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true, bindingId: 'stale' }])
		expect(bench.input({ type: 'leg-refused', legId: 1, status: 430, unreachable: true })).toEqual([
			'record failed phone',
		])
		expect(bench.input(attach(PHONE, 'fresh'))).toEqual([
			'record device.attached phone',
			'ring phone leg 2 via fresh',
			'record invite.forwarded phone',
		])
	})

	it('rings again at once when the device has moved before its old flow was found dead', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true, bindingId: 'stale' }])
		bench.input(attach(PHONE, 'fresh'))
		expect(bench.input({ type: 'leg-refused', legId: 1, status: 408, unreachable: true })).toEqual([
			'record failed phone',
			'ring phone leg 2 via fresh',
			'record invite.forwarded phone',
		])
	})

	it('gives a phone that was lost while it rang as long to come back as it had to wake', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true }])
		bench.input(attach(PHONE, 'b1'))
		bench.nowMs = 40_000
		bench.input({ type: 'due' })
		bench.input({ type: 'detached', deviceId: PHONE, bindingId: 'b1' })
		bench.input({ type: 'leg-refused', legId: 1, status: 430, unreachable: true })
		bench.nowMs = bench.state.dueAtMs ?? Number.NaN
		expect(bench.nowMs).toBe(70_000)
		expect(bench.input({ type: 'due' })).toEqual([
			'record wake.timeout',
			'refuse 480',
			'outcome missed 480',
			'cancel push phone',
		])
	})

	it('gives up at once when no device can be woken', () => {
		const bench = new HeldCallBench()
		expect(bench.invite([{ deviceId: PHONE, wakeable: false }])).toEqual(['refuse 480', 'outcome missed 480'])
		const refused = new HeldCallBench()
		refused.invite([{ deviceId: PHONE, wakeable: true }])
		expect(refused.input({ type: 'unreachable-by-push', deviceId: PHONE })).toEqual([
			'refuse 480',
			'outcome missed 480',
		])
	})

	it('gives the caller 480 and cancels what rings when its owner stops', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true, bindingId: 'p' }])
		const end = ['refuse 480', 'outcome missed 480', 'withdraw leg 1 no-answer']
		expect(bench.input({ type: 'stopped' })).toEqual(end)
		expect(bench.input({ type: 'stopped' })).toEqual([])
	})

	it('ends for everybody when the user declines by the API', () => {
		const bench = new HeldCallBench()
		bench.invite([{ deviceId: PHONE, wakeable: true, bindingId: 'p' }])
		expect(bench.input({ type: 'declined', deviceId: TABLET })).toEqual([
			'record declined tablet',
			'refuse 603',
			'outcome declined 603',
			'withdraw leg 1 declined-elsewhere',
		])
	})
})
