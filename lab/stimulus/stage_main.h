/* The main process' side of the stage. */
#ifndef STIMULUS_STAGE_MAIN_H
#define STIMULUS_STAGE_MAIN_H

#include "mailbox.h"

/* Makes the shared memory, once; null (and a verdict) when that cannot be. */
struct mailbox *stage_open(void);

#endif
