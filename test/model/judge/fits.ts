import type { RegistrationMode } from '@vigil/domain'
import type { RegistrarTraits } from '../scenario/scenario.ts'

/**
 * Whether the registrar is one that the mode is for. Where a mode needs two bindings and only one is had, both sides come
 * and go; nothing but the service's own conduct is judged then.
 */
export function fits(mode: RegistrationMode, { second, lists, ways }: RegistrarTraits): boolean {
	// With a device bound the answer to a REGISTER of ours is that of a server that has kept the device's binding alone.
	const hides = ways?.listsOthersOnly === true || ways?.shows === 'own-user'
	const hidesOurs = hides && second === 'kept'
	switch (mode) {
		case 0:
		case 2:
			// Where a removal ends every binding of the user, whoever leaves takes the other with it.
			return second === 'kept' && ways?.zeroRemoves !== 'user' && !hidesOurs
		case 1:
			// One that refuses the query is asked by a removal, which there ends what it asks for.
			return lists === 'always' || ways?.zeroRemoves !== 'user'
		case 3:
			return second !== 'refused' && !hidesOurs
	}
}
