//! A key of 1024 bits that computes wrongly.
#![allow(dead_code)] // Each test program uses a part of it.

pub const N: &str = "\
    bb2dae74aaae1a073c5aa54619238fd0016f94b9f2511cef687e6cbacf2d494864c023b9280541f794ab3804c1858817a299\
    9f6693a47ff2c803db543911d65891720b13a0d4a09a56908574641a6473d000b9b4ab3ca70f611b86d1b7fdbe026cf618e9\
    3eeb01c71515da89ae19e516efd5ca14f70b5b0bf6ef03beed18489f";
pub const E: &str = "010001";
pub const D: &str = "\
    0f23d9c99c08ab184cbc7443e042ad1e410f7a7333f375a8b3c60e1b6a289a95dd78612b57de5d009ea8dec61bb52655eb14\
    0bfdab11923bdc0bdbd0cb30f32a616619ffa0be48e7317fac2a916a68d00b61bc1fe8795dd629d2ca0f3aa9fd5cffb46550\
    d5886dbceaf6f1b020b7c7951a68c136e0fdb0a1b2a40ef84de16131";
pub const P: &str = "\
    d6ba681e1c415204f2db7f0e2f2952a10da6bfc9335a7617ae5c738b333f94e306b0875ed69e59e20f70deae97df141f2b95\
    3745e4242c4c5d27dcf8b6e0c6c7";
pub const Q: &str = "\
    df27b474402615f619baa4a49f0ac0170928ca2ceca468e9ce6ba18b8ad12fc9a0d4f2e345ffb65d9f9bc6d3adae2c57eafd\
    6a994409a2329ef50006a43e3769";
