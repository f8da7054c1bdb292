//! CBC and CTR of any block cipher.

use crate::engine::Direction;
use crate::error::{Error, Result};
use cipher::consts::U16;
use cipher::inout::InOutBuf;
use cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser, InnerIvInit,
    IvState, StreamCipher, StreamCipherSeek,
};
use ctr::{Ctr128BE, CtrCore};

/// CBC of whole blocks, which takes the chaining value on to the next one.
pub fn cbc<C: BlockCipherEncrypt + BlockCipherDecrypt>(
    cipher: &C,
    direction: Direction,
    chain: &mut Array<u8, C::BlockSize>,
    blocks: InOutBuf<'_, '_, Array<u8, C::BlockSize>>,
) {
    match direction {
        Direction::Encrypt => {
            let mut cbc = cbc::Encryptor::inner_iv_init(cipher, chain);
            cbc.encrypt_blocks_inout(blocks);
            *chain = cbc.iv_state();
        }
        Direction::Decrypt => {
            let mut cbc = cbc::Decryptor::inner_iv_init(cipher, chain);
            cbc.decrypt_blocks_inout(blocks);
            *chain = cbc.iv_state();
        }
    }
}

/// CTR from so many bytes after the start of the first counter block on: that whole block is counted up.
pub fn ctr<C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>>(
    cipher: &C,
    first: &[u8; 16],
    position: u128,
    text: InOutBuf<'_, '_, u8>,
) -> Result<()> {
    let mut keystream = Ctr128BE::from_core(CtrCore::inner_iv_init(cipher, &Array(*first)));
    keystream.try_seek(position).map_err(|_| Error::DataLenRange)?;
    keystream.try_apply_keystream_inout(text).map_err(|_| Error::DataLenRange)
}
