//! The bytes of assets: on this disk, where a person left them, or at a service.

use std::{collections::HashMap, path::PathBuf, sync::PoisonError};

use muster_client::{DesktopClient, Patience, Transport};
use muster_domain::{
    capture::{Asset, MediaPlace},
    digest::Digest,
    id::ServiceId,
};
use muster_store::service::Service;
use tokio::io::AsyncWriteExt;

use crate::{
    error::{AppError, AppResult, ErrorCode},
    place,
    session::opened::OpenLibrary,
};

/// Bytes between the download and the disk.
const PIPE_BYTES: usize = 512 * 1024;

impl OpenLibrary {
    /// Where the bytes of an asset are on this machine; fetched from a service when they are not.
    pub async fn original(&self, asset: &Asset) -> AppResult<PathBuf> {
        if let Some(path) = self.local_original(asset).await? {
            return Ok(path);
        }
        match &asset.place {
            MediaPlace::Stored => self.fetch(&asset.digest, asset.bytes).await,
            MediaPlace::Referenced { root, relative_path } => Err(AppError::new(
                ErrorCode::UnreadableFile,
                format!("{relative_path} of the import root {root} is not where it was"),
            )
            .with_remedy("put the folder back, or import it again from its new place")),
        }
    }

    /// Where the bytes of an asset are on this machine, if they are.
    pub async fn local_original(&self, asset: &Asset) -> AppResult<Option<PathBuf>> {
        let path = match &asset.place {
            MediaPlace::Stored => self.library.blobs().path(&asset.digest),
            MediaPlace::Referenced { root, relative_path } => {
                let roots = self.library.import_roots().await?;
                let Some(root) = roots.into_iter().find(|known| known.name == *root) else { return Ok(None) };
                PathBuf::from(root.path).join(relative_path)
            }
        };
        Ok(path.is_file().then_some(path))
    }

    async fn fetch(&self, digest: &Digest, bytes: u64) -> AppResult<PathBuf> {
        let mut last = None;
        for service in self.library.services().await? {
            let fetched = match self.client(&service) {
                Ok(client) => self.fetch_from(&client, digest, bytes).await,
                Err(error) => Err(error),
            };
            match fetched {
                Ok(()) => return Ok(self.library.blobs().path(digest)),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| {
            AppError::new(ErrorCode::UnreadableFile, format!("the original {digest} is not on this machine"))
                .with_remedy("connect to the service that it came from")
        }))
    }

    async fn fetch_from(&self, client: &DesktopClient, digest: &Digest, bytes: u64) -> AppResult<()> {
        let (mut writer, reader) = tokio::io::duplex(PIPE_BYTES);
        let download = async {
            let result = client.blob(digest, bytes, &mut writer).await;
            // A reader that gave up has said why itself.
            let _ = writer.shutdown().await;
            drop(writer);
            result
        };
        let (downloaded, stored) = tokio::join!(download, self.library.blobs().put_stream(reader, Some(digest)));
        downloaded?;
        stored?;
        Ok(())
    }

    /// The client of a service, with its token.
    pub fn client(&self, service: &Service) -> AppResult<DesktopClient> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&service.service_id) {
            return Ok(client.clone());
        }
        let token_file = service.token_file.as_deref().ok_or_else(|| {
            AppError::new(ErrorCode::SignIn, format!("there is no token for {}", service.url))
                .with_remedy("connect to the service again, with a token")
        })?;
        let client = new_client(&service.url, &place::read_token(token_file.as_ref())?)?;
        clients.insert(service.service_id, client.clone());
        Ok(client)
    }

    /// Forgets a client, so that the next one reads its token anew.
    pub fn forget_client(&self, service_id: ServiceId) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(&service_id);
    }
}

/// Clients by service.
pub(crate) type Clients = HashMap<ServiceId, DesktopClient>;

/// A client of a service.
pub(crate) fn new_client(url: &str, token: &str) -> AppResult<DesktopClient> {
    Ok(DesktopClient::new(Transport::new(url, Patience::default())?, token))
}
