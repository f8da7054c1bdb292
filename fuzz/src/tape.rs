//! The fuzzer's bytes, read from the front; zeros when they are over.

/// Numbers at which programs go wrong.
const EDGES: [u64; 16] = [
    0x7f,
    0x80,
    0xff,
    0x100,
    0xffff,
    1 << 16,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    1 << 40,
    1 << 62,
    (1 << 63) - 1,
    1 << 63,
    u64::MAX - 7,
    u64::MAX,
];

pub struct Tape<'a>(&'a [u8]);

impl<'a> Tape<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = if end > 256 { usize::from(self.byte()) << 8 } else { 0 };
        (wide | usize::from(self.byte())) % end
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Once in so many times; never when the tape is over.
    pub fn once_in(&mut self, times: u8) -> bool {
        self.byte() % times == times - 1
    }

    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub fn word(&mut self) -> u64 {
        let mut word = [0; 8];
        let bytes = self.bytes(8);
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    }

    /// Mostly a small number, of the kinds that lengths and choices are.
    pub fn number(&mut self) -> u64 {
        match self.byte() {
            kind @ 0..=15 => u64::from(kind),
            16..=127 => u64::from(self.byte()),
            128..=159 => u64::from(self.byte()) * 8,
            160..=191 => u64::from(self.byte()) << 8 | u64::from(self.byte()),
            192..=239 => self.pick(&EDGES),
            _ => self.word(),
        }
    }

    /// The length of something that is there: short ones, and those of blocks.
    pub fn length(&mut self) -> usize {
        match self.byte() {
            kind @ 0..=63 => usize::from(kind),
            kind @ 64..=127 => usize::from(kind - 64) * 8,
            128..=199 => self.pick(&[8, 12, 16, 20, 24, 28, 32, 48, 64, 128, 256]),
            200..=251 => usize::from(self.byte()),
            252..=254 => usize::from(self.byte()) << 4,
            _ => usize::from(self.byte()) << 8,
        }
    }

    /// Bytes of such a length: the tape's own at first, and if it is short, these over and over.
    pub fn some(&mut self) -> Vec<u8> {
        let length = self.length();
        if self.once_in(4) {
            let byte = self.byte();
            return vec![byte; length];
        }
        let own = self.bytes(length);
        own.iter().copied().chain(std::iter::repeat(0x5a)).take(length).collect()
    }
}
