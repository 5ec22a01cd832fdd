/**
 * Something deliberately wrong in the services of a world, which the judge has to see: `attach-unheard` workers do not hear that devices
 * attach; `pushed-twice` each push job is done twice, `answers-withheld` workers send no final response to an INVITE.
 */
export type Defect = 'attach-unheard' | 'pushed-twice' | 'answers-withheld'
