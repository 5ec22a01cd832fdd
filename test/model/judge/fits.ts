import type { RegistrationMode } from '@vigil/domain'
import type { RegistrarTraits } from '../scenario/scenario.ts'

/**
 * Whether the registrar is one that the mode is for. Where a mode needs two bindings and only one is had, both sides come
 * and go; nothing but the service's own conduct is judged then.
 */
export function fits(mode: RegistrationMode, { second }: RegistrarTraits): boolean {
	switch (mode) {
		case 0:
		case 2:
			return second === 'kept'
		case 1:
			return true
		case 3:
			return second !== 'refused'
	}
}
