//! The caller's memory: what the calls of one input point to, each piece an allocation of its own, so that a sanitizer sees whoever
//! goes beyond it; behind what is written to lies a guard all the same.

const GUARD: [u8; 32] = [0xa5; 32];

#[derive(Default)]
pub struct Memory {
    inputs: Vec<Box<[u8]>>,
    outputs: Vec<(Box<[u8]>, usize)>,
}

impl Memory {
    /// These bytes; what the library may write to must be an [`Self::output`].
    pub fn input(&mut self, bytes: Vec<u8>) -> usize {
        let mut bytes = bytes.into_boxed_slice();
        let start = bytes.as_mut_ptr() as usize;
        self.inputs.push(bytes);
        start
    }

    /// Words, as an array of structures has them.
    pub fn words(&mut self, words: &[usize]) -> usize {
        self.input(words.iter().flat_map(|word| word.to_ne_bytes()).collect())
    }

    /// Room that begins with these bytes, so many off its alignment, with a guard behind it.
    pub fn output(&mut self, bytes: &[u8], off: usize) -> usize {
        let mut place = vec![0; off];
        place.extend_from_slice(bytes);
        place.extend_from_slice(&GUARD);
        let mut place = place.into_boxed_slice();
        let start = place.as_mut_ptr() as usize + off;
        self.outputs.push((place, off + bytes.len()));
        start
    }

    /// Panics if the library has written where it was not told that there is room.
    pub fn check(&self) {
        for (place, end) in &self.outputs {
            assert_eq!(place[*end..], GUARD, "the library wrote beyond a buffer of {end} bytes");
        }
    }
}
