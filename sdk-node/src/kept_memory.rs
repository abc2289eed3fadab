//! Functions by Node-API itself, over memory whose place they know: what napi-rs does to unwrap an object and to convert
//! each argument takes several times as long as the call does. The package shows that memory to nobody, so that it
//! stays where it is; a function keeps it alive.

use napi::bindgen_prelude::Result;
use napi::{check_status, sys};
use std::any::Any;
use std::ffi::{c_void, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::{null, null_mut};
use std::slice;

/// Memory that a function knows, and a reference that keeps it.
struct KeptMemory {
    start: *mut u32,
    words: usize,
    kept: sys::napi_ref,
}

/// An ArrayBuffer of JavaScript's, and its words.
#[derive(Clone, Copy)]
pub(crate) struct NewMemory {
    value: sys::napi_value,
    start: *mut u32,
    words: usize,
}

impl NewMemory {
    /// # Safety
    ///
    /// `env` is that of a call of JavaScript.
    pub unsafe fn of_words(env: sys::napi_env, words: usize) -> Result<Self> {
        let (mut start, mut value) = (null_mut(), null_mut());
        let bytes = words * size_of::<u32>();
        // SAFETY: room for what the call gives.
        check_status!(unsafe { sys::napi_create_arraybuffer(env, bytes, &mut start, &mut value) })?;
        Ok(NewMemory { value, start: start.cast(), words })
    }

    /// A typed array over `len` elements from byte `offset` on.
    ///
    /// # Safety
    ///
    /// As `of_words`, in the same call; the memory has room for the view.
    pub unsafe fn view(
        self,
        env: sys::napi_env,
        kind: i32,
        offset: usize,
        len: usize,
    ) -> Result<sys::napi_value> {
        let mut view = null_mut();
        // SAFETY: room for what the call gives.
        check_status!(unsafe {
            sys::napi_create_typedarray(env, kind, len, self.value, offset, &mut view)
        })?;
        Ok(view)
    }

    /// A function whose calls get this memory's words.
    ///
    /// # Safety
    ///
    /// As `of_words`, in the same call; JavaScript never detaches the memory.
    pub unsafe fn function(
        self,
        env: sys::napi_env,
        name: &CStr,
        call: unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value,
    ) -> Result<sys::napi_value> {
        let (mut kept, mut function) = (null_mut(), null_mut());
        // SAFETY: the memory is let go with the function whose data it is.
        unsafe {
            check_status!(sys::napi_create_reference(env, self.value, 1, &mut kept))?;
            let memory = KeptMemory { start: self.start, words: self.words, kept };
            let data = Box::into_raw(Box::new(memory)).cast();
            let length = name.count_bytes() as isize;
            check_status!(sys::napi_create_function(
                env,
                name.as_ptr(),
                length,
                Some(call),
                data,
                &mut function
            ))?;
            let free = Some(free as unsafe extern "C" fn(_, _, _));
            check_status!(sys::napi_add_finalizer(
                env,
                function,
                data,
                free,
                null_mut(),
                null_mut()
            ))?;
        }
        Ok(function)
    }
}

unsafe extern "C" fn free(env: sys::napi_env, memory: *mut c_void, _: *mut c_void) {
    // SAFETY: the box that `function` made, once.
    let memory = unsafe { Box::from_raw(memory.cast::<KeptMemory>()) };
    // SAFETY: the reference that was made with it.
    unsafe { sys::napi_delete_reference(env, memory.kept) };
}

/// An object with these properties of its own: no setter of a prototype is called.
///
/// # Safety
///
/// `env` is that of a call of JavaScript, and the values are of that call.
pub(crate) unsafe fn object(
    env: sys::napi_env,
    properties: &[(&CStr, sys::napi_value)],
) -> Result<sys::napi_value> {
    let described: Vec<_> = properties
        .iter()
        .map(|(name, value)| sys::napi_property_descriptor {
            utf8name: name.as_ptr(),
            name: null_mut(),
            method: None,
            getter: None,
            setter: None,
            value: *value,
            attributes: sys::PropertyAttributes::default,
            data: null_mut(),
        })
        .collect();
    let mut object = null_mut();
    // SAFETY: the names end with NUL, and the values are of this call's scope.
    unsafe {
        check_status!(sys::napi_create_object(env, &mut object))?;
        check_status!(sys::napi_define_properties(
            env,
            object,
            described.len(),
            described.as_ptr()
        ))?;
    }
    Ok(object)
}

/// What a call does: with its arguments, absent ones null, and the words of its function.
type Body<const N: usize> = unsafe fn(
    sys::napi_env,
    [sys::napi_value; N],
    &mut [u32],
) -> std::result::Result<sys::napi_value, &'static str>;

/// Does what a call is for; a panic or an error becomes an Error of JavaScript.
///
/// # Safety
///
/// A call of a function of [`NewMemory::function`].
#[inline]
pub(crate) unsafe fn call<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: Body<N>,
) -> sys::napi_value {
    let called = catch_unwind(AssertUnwindSafe(|| {
        let (mut count, mut arguments, mut data) = (N, [null_mut(); N], null_mut());
        // SAFETY: room for N arguments, and for the memory of this function, which lies where it was; no JavaScript
        // runs during the call.
        unsafe {
            let to = arguments.as_mut_ptr();
            sys::napi_get_cb_info(env, info, &mut count, to, null_mut(), &mut data);
            let memory = &*data.cast::<KeptMemory>();
            body(env, arguments, slice::from_raw_parts_mut(memory.start, memory.words))
        }
    }));
    let error = match called {
        Ok(Ok(value)) => return value,
        Ok(Err(why)) => why.to_owned(),
        Err(panic) => message_of(&*panic),
    };
    // C text ends at its first NUL.
    let message = CString::new(error.split('\0').next().unwrap_or_default()).unwrap_or_default();
    // SAFETY: NUL-terminated, and copied by the call.
    unsafe { sys::napi_throw_error(env, null(), message.as_ptr()) };
    null_mut()
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// The elements of a typed array of this kind over memory that no other thread can write to, where 32 bits can count
/// them: their start and number. Of another value, nothing.
///
/// # Safety
///
/// `value` is an argument of this call; the elements are good for it.
#[inline]
pub(crate) unsafe fn plain_elements<T>(
    env: sys::napi_env,
    value: sys::napi_value,
    wanted: i32,
) -> Option<(*mut T, usize)> {
    let (mut kind, mut len, mut start, mut memory) = (-1, 0, null_mut(), null_mut());
    let mut unshared = false;
    // SAFETY: room for what each call gives; a value that is no typed array is a status.
    unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut len,
            &mut start,
            &mut memory,
            null_mut(),
        );
        if kind != wanted || u32::try_from(len).is_err() {
            return None;
        }
        sys::napi_is_arraybuffer(env, memory, &mut unshared);
    }
    let start = start.cast::<T>();
    unshared.then(|| if start.is_null() { (std::ptr::dangling_mut(), 0) } else { (start, len) })
}
