//! Class files, as far as the rules need them (JVM specification, chapter 4).
