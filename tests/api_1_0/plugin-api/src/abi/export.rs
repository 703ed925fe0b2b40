//! What [`export_plugin!`](crate::export_plugin) expands to; not for authors.

pub use abi_stable::library::{CheckTypeLayout, LibHeader, RootModuleResult};
use abi_stable::{
    library::__call_root_module_loader,
    prefix_type::PrefixTypeTrait,
    std_types::{ROption, RStr},
};

use super::{
    author,
    interface::{Extension, Root, Root_Ref},
};
use crate::{
    describe::{About, Json},
    plugin::Plugin,
};

/// How many bytes the metadata of a plugin takes.
pub const fn metadata_len(about: &About) -> usize {
    Json::<0>::metadata(about).len()
}

/// The metadata of a plugin.
pub const fn metadata<const N: usize>(about: &About) -> [u8; N] {
    Json::<N>::metadata(about).into_bytes()
}

/// The entry of the library of `P`.
///
/// # Safety
/// `load` must be [`load::<P>`](load).
pub const unsafe fn entry(load: extern "C" fn() -> RootModuleResult) -> LibHeader {
    // SAFETY: `load` returns a `Root_Ref`, says the caller.
    unsafe { LibHeader::from_constructor::<Root_Ref>(load, CheckTypeLayout::Yes) }
}

/// Makes the root of the library of `P`.
pub extern "C" fn load<P: Plugin>() -> RootModuleResult {
    fn root<P: Plugin>() -> Root_Ref {
        Root {
            create: author::create::<P>,
            extension: no_extension,
        }
        .leak_into_prefix()
    }
    __call_root_module_loader(root::<P>)
}

extern "C" fn no_extension(_id: RStr<'_>) -> ROption<Extension> {
    ROption::RNone
}

/// Makes a library a Pulsewire plugin: exports its entry and lays its metadata into the file.
///
/// Write it once, at the top level of the crate, whose `crate-type` is `cdylib`.
#[macro_export]
macro_rules! export_plugin {
    ($plugin:ty) => {
        const _: () = {
            use $crate::abi::export;

            const ABOUT: $crate::describe::About = <$plugin as $crate::Plugin>::ABOUT;
            const LEN: usize = export::metadata_len(&ABOUT);

            // The name keeps the linker from dropping it; hosts find it by its section.
            #[unsafe(no_mangle)]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__pulsewire"))]
            #[cfg_attr(windows, unsafe(link_section = ".pulsewi"))]
            #[cfg_attr(
                not(any(windows, target_vendor = "apple")),
                unsafe(link_section = ".pulsewire")
            )]
            static PULSEWIRE_PLUGIN_METADATA: [u8; LEN] = export::metadata::<LEN>(&ABOUT);

            // SAFETY: `load` is that of the same type.
            #[unsafe(no_mangle)]
            static _1as_0lib_1header_0root_bmodule_bloader: export::LibHeader =
                unsafe { export::entry(export::load::<$plugin>) };
        };
    };
}
