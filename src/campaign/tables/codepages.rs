//! DOS code pages that the Encoding Standard doesn't have: what the bytes 0x80 to 0xff are.

/// A code page: ASCII, and these 128 characters above it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// What it is called.
    pub(super) name: &'static str,
    /// The characters of 0x80 to 0xff, in order.
    pub(super) high: &'static str,
}

/// The United States' page.
pub(super) static CP437: Page = Page {
    name: "cp437",
    high: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
           └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
};

/// Western Europe's page.
pub(super) static CP850: Page = Page {
    name: "cp850",
    high: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
           └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
};

/// Central Europe's page.
pub(super) static CP852: Page = Page {
    name: "cp852",
    high: "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐\
           └┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{ad}˝˛ˇ˘§÷¸°¨˙űŘř■\u{a0}",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_complete() {
        for page in [&CP437, &CP850, &CP852] {
            assert_eq!(page.high.chars().count(), 128, "{}", page.name);
        }
        assert!(CP437.high.starts_with("Çüéâ") && CP850.high.contains('Ã'));
    }
}
