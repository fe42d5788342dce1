private import Glibc

/// Returns the number of a user of this host, or nil if there is none of that name.
package func userID(named name: String) -> UInt32? {
  var entry = passwd()
  return accountID(bufferSize: Int(_SC_GETPW_R_SIZE_MAX)) { buffer, size in
    var found: UnsafeMutablePointer<passwd>?
    let code = getpwnam_r(name, &entry, buffer, size, &found)
    return (code, found?.pointee.pw_uid)
  }
}

/// Returns the number of a group of this host, or nil if there is none of that name.
package func groupID(named name: String) -> UInt32? {
  var entry = group()
  return accountID(bufferSize: Int(_SC_GETGR_R_SIZE_MAX)) { buffer, size in
    var found: UnsafeMutablePointer<group>?
    let code = getgrnam_r(name, &entry, buffer, size, &found)
    return (code, found?.pointee.gr_gid)
  }
}

/// Returns the name of a user of this host, or its number as text.
package func userName(of id: UInt32) -> String {
  var entry = passwd()
  var buffer = [CChar](repeating: 0, count: accountBytesMax)
  var found: UnsafeMutablePointer<passwd>?
  guard getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0,
    let name = found?.pointee.pw_name
  else { return "\(id)" }
  return String(cString: name)
}

/// Returns the name of a group of this host, or its number as text.
package func groupName(of id: UInt32) -> String {
  var entry = group()
  var buffer = [CChar](repeating: 0, count: accountBytesMax)
  var found: UnsafeMutablePointer<group>?
  guard getgrgid_r(id, &entry, &buffer, buffer.count, &found) == 0,
    let name = found?.pointee.gr_name
  else { return "\(id)" }
  return String(cString: name)
}

/// The most bytes that an account's entry may need; a group with thousands of members fits.
private let accountBytesMax = 1 << 20

private func accountID(
  bufferSize: Int, _ lookUp: (UnsafeMutablePointer<CChar>, Int) -> (Int32, UInt32?)
) -> UInt32? {
  var size = max(sysconf(Int32(bufferSize)), 1024)
  while size <= accountBytesMax {
    var buffer = [CChar](repeating: 0, count: size)
    let (code, id) = lookUp(&buffer, size)
    guard code == ERANGE else { return code == 0 ? id : nil }
    size *= 2
  }
  return nil
}
