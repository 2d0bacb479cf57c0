//! What survives when parts die.
