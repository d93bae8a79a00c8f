//! (sendwo)
